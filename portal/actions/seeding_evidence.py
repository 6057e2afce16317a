"""Evidence of the demo's story: a photographed call list and a recording, one of them shown to the lender."""

import io

from PIL import Image, ImageDraw

from cases import queries_diary
from cases.actions import evidence
from cases.actions.people import by_phone
from cases.models import EvidenceShare
from portal import story

_CALLS = ("22:17", "22:31", "22:48", "23:02")
_PAPER, _INK, _LINE, _RED = "#ffffff", "#1c1f1d", "#d8d6d0", "#b3261e"


def keep() -> None:
    """To the newest complaint that reached its lender: the person behind the first door."""
    person = by_phone(story.LIN_JING.phone)
    if person is None:
        return
    complaint = queries_diary.complaints_for(person).filter(delivered_at__isnull=False).first()
    if complaint is None:
        return
    shown = evidence.add(
        by=person, to=complaint, file=_call_list(), name="22-17.png", about="那天晚上的通话记录"
    )
    evidence.share(by=person, evidence=shown, lender=complaint.lender, scope=EvidenceShare.Scope.COPY)
    evidence.add(by=person, to=complaint, file=_recording(), name="22-31.amr", about="第二个电话的录音")


def _call_list() -> io.BytesIO:
    """What a telephone's call list looks like, drawn: nobody's real one."""
    picture = Image.new("RGB", (720, 200 + 130 * len(_CALLS)), _PAPER)
    draw = ImageDraw.Draw(picture)
    for number, at in enumerate(_CALLS):
        top = 100 + 130 * number
        draw.ellipse((48, top + 20, 104, top + 76), outline=_RED, width=5)
        draw.text((140, top + 26), "+86 139 0000 0000", fill=_INK, font_size=36)
        draw.text((570, top + 26), at, fill=_RED, font_size=36)
        draw.line((48, top + 116, 672, top + 116), fill=_LINE, width=2)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out


def _recording() -> io.BytesIO:
    """Eight seconds of silence in frames of 20 ms."""
    return io.BytesIO(b"#!AMR\n" + (b"\x3c" + bytes(31)) * 400)
