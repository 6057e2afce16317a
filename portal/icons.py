"""Steady's own icons: 24 drawings on a 24 px grid, 1.75 px strokes, round joins, the colour of the text.

An icon always stands beside a word, so it is hidden from screen readers.
"""

from django.utils.safestring import SafeString, mark_safe

_PATHS = {
    "leave": '<path d="M10 4h8a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1h-8M4 12h10M10.5 8.5 14 12l-3.5 3.5"/>',
    "back": '<path d="m15 5-7 7 7 7"/>',
    "next": '<path d="m9 5 7 7-7 7"/>',
    "tick": '<path d="m5 12.5 4.5 4.5L19 7.5"/>',
    "info": '<circle cx="12" cy="12" r="8.5"/><path d="M12 11v5M12 8v.01"/>',
    "shield": '<path d="M12 3.5 5 6v5.5c0 4 2.8 7.4 7 9 4.2-1.6 7-5 7-9V6zM12 8.5v4M12 15.5v.01"/>',
    "calculator": '<rect x="5.5" y="3.5" width="13" height="17" rx="2"/>'
    '<path d="M9 7.5h6M9 12v.01M12 12v.01M15 12v.01M9 16v.01M12 16v.01M15 16v.01"/>',
    "chart": '<path d="M3.5 20h17M7 20v-7M12 20V5M17 20v-9"/>',
    "phone": '<path d="M6.5 4h2.7l1.6 4-2 1.5a11 11 0 0 0 5.7 5.7l1.5-2 4 1.6v2.7a1.8 1.8 0 0 1-2 1.8'
    'A15.5 15.5 0 0 1 4.7 6a1.8 1.8 0 0 1 1.8-2z"/>',
    "search": '<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>',
    "message": '<path d="M5 4.5h14a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1h-8L7 20v-3.5H5a1 1 0 0 1-1-1v-10a1 1 0 0 1 1-1z"/>',
    "moon": '<path d="M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z"/>',
    "lock": '<rect x="5" y="10.5" width="14" height="10" rx="2"/><path d="M8 10.5V8a4 4 0 0 1 8 0v2.5"/>',
    "mail": '<rect x="3.5" y="5.5" width="17" height="13" rx="2"/><path d="m4 7 8 6 8-6"/>',
    "document": '<path d="M6 3.5h8l4.5 4.5v12a.5.5 0 0 1-.5.5H6a.5.5 0 0 1-.5-.5V4a.5.5 0 0 1 .5-.5z'
    'M14 3.5V8h4.5M9 12.5h6M9 16h6"/>',
    "eye": '<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z"/>'
    '<circle cx="12" cy="12" r="3"/>',
    "people": '<circle cx="9" cy="8" r="3.5"/><path d="M2.5 20a6.5 6.5 0 0 1 13 0M15.5 4.8a3.5 3.5 0 0 1 0 6.4'
    'M17.5 14.2A6.5 6.5 0 0 1 21.5 20"/>',
    "pause": '<circle cx="12" cy="12" r="8.5"/><path d="M10 9v6M14 9v6"/>',
    "swap": '<path d="M8 4v14M4.5 7.5 8 4l3.5 3.5M16 6v14M12.5 16.5 16 20l3.5-3.5"/>',
    "calendar": '<rect x="4" y="5.5" width="16" height="15" rx="2"/><path d="M4 10h16M8.5 3.5v4M15.5 3.5v4"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "upload": '<path d="M12 16V4.5M7.5 9 12 4.5 16.5 9M4.5 16v3.5a1 1 0 0 0 1 1h13a1 1 0 0 0 1-1V16"/>',
    "printer": '<path d="M7 8.5v-5h10v5M7 16.5H4.5v-8h15v8H17M7 13.5h10v7H7z"/>',
    "cross": '<path d="M6 6l12 12M18 6 6 18"/>',
}
NAMES = tuple(_PATHS)


def draw(name: str) -> SafeString:
    """The icon as inline SVG. Raises KeyError for a name we have not drawn."""
    path = _PATHS[name]
    return mark_safe(  # noqa: S308 -- our own drawings, no outside text
        '<svg class="icon" viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" '
        f'stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{path}</svg>'
    )


# A status is a word and a shape, so that it survives grey, print and colour blindness. 12 px grid.
_SHAPES = {
    "tick": '<path d="m2 6.5 3 3 5-6.5" fill="none" stroke="currentColor" stroke-width="1.6"/>',
    "dot": '<circle cx="6" cy="6" r="3.5" fill="currentColor"/>',
    "ring": '<circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" stroke-width="1.6"/>',
    "half": '<circle cx="6" cy="6" r="4.5" fill="none" stroke="currentColor" stroke-width="1.4"/>'
    '<path d="M6 1.5a4.5 4.5 0 0 0 0 9z" fill="currentColor"/>',
    "bars": '<path d="M4 2v8M8 2v8" stroke="currentColor" stroke-width="1.8"/>',
    "triangle": '<path d="M6 2 10.5 10h-9z" fill="none" stroke="currentColor" stroke-width="1.5"/>',
    "square": '<path d="M2.5 2.5h7v7h-7z" fill="currentColor"/>',
    "cross": '<path d="m2.5 2.5 7 7M9.5 2.5l-7 7" stroke="currentColor" stroke-width="1.6"/>',
}


def shape(name: str) -> SafeString:
    """The small shape in front of a status word."""
    return mark_safe(  # noqa: S308 -- our own drawings, no outside text
        f'<svg class="shape" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">{_SHAPES[name]}</svg>'
    )


def force_steps(steps: int) -> SafeString:
    """Four small blocks, `steps` of them full: how strong the ground of a rule is. None at all is one line: four empty blocks
    look like letters that a phone does not have.
    """
    blocks = "".join(
        f'<rect x="{place * 6 + 0.5:g}" y="0.5" width="4" height="9" rx="1" stroke="currentColor" '
        f'fill="{"currentColor" if place < steps else "none"}"/>'
        for place in range(4)
    )
    if not steps:
        blocks = '<path d="M1 5h20.5" stroke="currentColor" stroke-width="1.6" stroke-linecap="round"/>'
    return mark_safe(  # noqa: S308 -- numbers only
        f'<svg class="force__steps" viewBox="0 0 24 10" width="24" height="10" aria-hidden="true">{blocks}</svg>'
    )
