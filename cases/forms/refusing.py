"""A form that can say no after it was valid: a refusal of the action stands beside the field it is about."""

from django import forms

from cases.domain.refusal import Refused


class RefusingForm(forms.Form):
    def refuse(self, refused: Refused) -> None:
        """Beside the field it is about, or on top where it is about none of ours."""
        self.add_error(refused.field if refused.field in self.fields else None, str(refused))
