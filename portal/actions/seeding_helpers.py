"""What people of the demo's story report of paid "debt helpers": enough of some signs to be counted, too few of others."""

from cases.actions import helpers

_REPORTS = (
    ("停息挂账李老师", ("upfront_fee", "guaranteed_result", "off_platform")),
    ("上岸规划师", ("upfront_fee", "stop_paying", "off_platform")),
    ("信用修复中心小周", ("upfront_fee", "credit_repair", "off_platform")),
    ("法务协商部", ("upfront_fee", "impersonation", "off_platform")),
    ("债优顾问阿宁", ("upfront_fee", "off_platform", "pressure")),
    ("停息王姐", ("upfront_fee", "forged_papers", "off_platform")),
    ("快速上岸", ("upfront_fee", "asks_codes", "off_platform")),
    ("债务管家", ("upfront_fee", "guaranteed_result", "off_platform")),
    ("减债联盟", ("upfront_fee", "takes_over", "off_platform")),
    ("协商无忧", ("upfront_fee", "guaranteed_result", "off_platform")),
    ("解忧法务", ("upfront_fee", "stop_paying", "off_platform")),
)


def keep() -> None:
    for called, signs in _REPORTS:
        helpers.report(by=None, called=called, signs=signs)
