"""What the codes of a budget are called on its pages."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from cases.domain.budget import Buffer as Cushion
from cases.domain.budget import Difficulty, Essential, Flexible, Income, Period, Priority, Work

WORDS: Mapping[str, Any] = {
    Income.WAGES: _("Wages"),
    Income.SELF_EMPLOYED: _("Own business, odd jobs"),
    Income.PENSION: _("Pension"),
    Income.BENEFITS: _("Allowances and benefits"),
    Income.PARTNER: _("What your partner brings in"),
    Income.FAMILY_SUPPORT: _("Help from family"),
    Income.RENT_RECEIVED: _("Rent you receive"),
    Income.OTHER: _("Other income"),
    Essential.RENT: _("Rent"),
    Essential.FOOD: _("Food"),
    Essential.UTILITIES: _("Water, power, gas"),
    Essential.EDUCATION: _("School"),
    Essential.MEDICAL: _("Doctor and medicine"),
    Essential.TRANSPORT: _("Travel"),
    Essential.PHONE: _("Phone and internet"),
    Essential.MORTGAGE: _("Mortgage"),
    Essential.PROPERTY_FEE: _("Property fee"),
    Essential.HEATING: _("Heating"),
    Essential.SOCIAL_INSURANCE: _("Social insurance"),
    Essential.HOUSING_FUND: _("Housing fund"),
    Essential.INSURANCE: _("Insurance"),
    Essential.CHILDCARE: _("Child care"),
    Essential.CHILD_SUPPORT: _("Child support"),
    Essential.PARENTS: _("Care for parents"),
    Essential.OTHER: _("Other things you cannot do without"),
    Essential.GUIDE: _("Kept for living by the guide"),
    Flexible.HOUSEHOLD: _("Things for the home"),
    Flexible.CLOTHING: _("Clothes"),
    Flexible.PERSONAL: _("Hair, toiletries"),
    Flexible.LEISURE: _("Leisure"),
    Flexible.GIFTS: _("Gifts and family occasions"),
    Flexible.OTHER: _("Other flexible spending"),
    Cushion.EMERGENCY: _("Cushion for surprises"),
    Cushion.SAVINGS: _("Savings"),
    Priority.RENT_ARREARS: _("Rent you are behind with"),
    Priority.MORTGAGE_ARREARS: _("Mortgage you are behind with"),
    Priority.UTILITY_ARREARS: _("Bills you are behind with"),
    Priority.TAX_ARREARS: _("Taxes you are behind with"),
    Priority.COURT_ORDER: _("Payments ordered by a court"),
    Priority.OTHER: _("Something else that cannot wait"),
}
WORK: Mapping[str, Any] = {
    Work.NOT_SAID: _("I would rather not say"),
    Work.STEADY: _("A steady job"),
    Work.FIXED_TERM: _("A job with an end date"),
    Work.CHANGING: _("Odd jobs or changing hours"),
    Work.OWN_BUSINESS: _("My own business"),
    Work.BETWEEN_JOBS: _("Looking for work"),
    Work.CANNOT_WORK: _("I cannot work at the moment"),
    Work.RETIRED: _("Retired"),
}
DIFFICULTIES: Mapping[str, Any] = {
    Difficulty.LOST_WORK: _("I lost my work"),
    Difficulty.LESS_INCOME: _("Less comes in than before"),
    Difficulty.BUSINESS_FAILED: _("My business did not go well"),
    Difficulty.ILLNESS: _("I was ill or hurt"),
    Difficulty.FAMILY_ILLNESS: _("Somebody in the family was ill"),
    Difficulty.BEREAVEMENT: _("Somebody close died"),
    Difficulty.SEPARATION: _("A separation or divorce"),
    Difficulty.NEW_CHILD: _("A child was born"),
    Difficulty.DISASTER: _("A flood, fire or other disaster"),
    Difficulty.CHEATED: _("I was cheated"),
    Difficulty.ROLLING_LOANS: _("I borrowed to pay other loans"),
    Difficulty.OTHER: _("Something else happened"),
}
REGIONS: Mapping[str, Any] = {
    "": _("I would rather not say"),
    "cn.beijing": _("Beijing"),
    "cn.shanghai": _("Shanghai"),
    "cn.city": _("Another city or town"),
    "cn.rural": _("In the country"),
    "uk.all": _("United Kingdom"),
    "us.all": _("United States"),
}
GROUPS: Mapping[str, Any] = {
    "food": _("Food"),
    "travel": _("Travel, phone and internet"),
    "home": _("Things for the home"),
    "personal": _("Clothes and toiletries"),
}
PERIODS = (
    (Period.MONTH, _("a month")),
    (Period.WEEK, _("a week")),
    (Period.FORTNIGHT, _("every 2 weeks")),
    (Period.FOUR_WEEKS, _("every 4 weeks")),
    (Period.YEAR, _("a year")),
)
