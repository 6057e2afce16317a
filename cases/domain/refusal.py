"""How the house says no: one exception that every face knows how to word.

A refusal is an answer, not an accident. A page shows it beside the field, the API turns it into a problem
document, a task logs it and leaves the row as it was. Anything else that is raised is a defect.
"""


class Refused(Exception):
    """A request that was understood and may not happen.

    `code` is stable and for machines; `message` is for a person and may be a lazy translation, so it is only
    turned into text when somebody reads it. `citation` names the rule that refuses, when there is one, and
    `field` the input to change, when there is one.
    """

    def __init__(self, code: str, message: object = "", citation: str = "", field: str = "") -> None:
        super().__init__(code, message, citation, field)
        self.code = str(code)
        self.message = message
        self.citation = citation
        self.field = field

    def __str__(self) -> str:
        return str(self.message) or self.code
