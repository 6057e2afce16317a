"""The process that looks into a stranger's file: it draws pictures and PDF pages anew and can do nothing else.

Started by `cases/confined.py` as a script of its own. It loads its decoders first, then builds the walls around itself, and
only then reads the file, from standard input. From there on it may not open a file, a socket or a program, and has bounded
memory, time and output; what it writes to standard output is a line of JSON and the pictures after it.
"""

import contextlib
import ctypes
import ctypes.util
import io
import json
import math
import os
import platform
import resource
import struct
import sys

MEMORY = 768 * 1024 * 1024
SECONDS = 15
MOST_PIXELS = 40_000_000
MOST_PAGES = 12
LONGEST_SIDE = 2000
QUALITY = 82
NOBODY = 65534

# Read by the parent, so that one place says them.
FORMATS = {"png": ["PNG"], "jpeg": ["JPEG", "MPO"], "webp": ["WEBP"], "heic": ["HEIF"]}


class Unfit(Exception):
    """The file cannot be drawn; the argument is a code for the person who sent it."""


def main() -> None:
    kind = sys.argv[1]
    with contextlib.suppress(OSError):
        os.nice(10)  # pages that people wait for go first
    decoder = _pdf_decoder() if kind == "pdf" else _picture_decoder(kind)
    walls = _walls(threads=kind == "heic")
    try:
        pages, of = decoder(sys.stdin.buffer.read())
        head = {"walls": walls, "of": of, "pages": [[w, h, len(data)] for w, h, data in pages]}
        body = b"".join(data for _w, _h, data in pages)
    except Unfit as unfit:
        head, body = {"walls": walls, "unfit": str(unfit)}, b""
    except MemoryError:
        head, body = {"walls": walls, "unfit": "too_many_pixels"}, b""
    except Exception:  # decoders raise whatever they like at broken files
        head, body = {"walls": walls, "unfit": "broken"}, b""
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + body)
    sys.stdout.buffer.flush()
    os._exit(0)


# ── drawing ──────────────────────────────────────────────────────────────────────────────────
def _picture_decoder(kind):
    from PIL import Image, ImageFile, ImageOps

    Image.init()
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    if kind == "heic":
        import pillow_heif

        pillow_heif.options.DECODE_THREADS = 1
        pillow_heif.options.THUMBNAILS = False
        pillow_heif.register_heif_opener()
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    _warm_up(Image)

    def draw(data):
        try:
            opened = Image.open(io.BytesIO(data), formats=FORMATS[kind])
        except Image.DecompressionBombError:
            raise Unfit("too_many_pixels") from None
        if opened.width * opened.height > MOST_PIXELS:
            raise Unfit("too_many_pixels")
        opened.draft("RGB", (LONGEST_SIDE * 2, LONGEST_SIDE * 2))
        opened.load()
        # Smaller first, upright second: turning the whole picture would take twice its memory.
        turned = opened.getexif().get(0x0112, 1) != 1
        opened.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        return [_redrawn(Image, ImageOps.exif_transpose(opened) if turned else opened)], 1

    return draw


def _pdf_decoder():
    import pypdfium2
    from PIL import Image

    Image.init()
    _warm_up(Image)

    def draw(data):
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            raise Unfit("locked" if "assword" in str(error) else "broken") from None
        count = len(document)
        if count == 0:
            raise Unfit("broken")
        pages = []
        for number in range(min(count, MOST_PAGES)):
            page = document[number]
            wide, high = page.get_size()
            if not all(map(math.isfinite, (wide, high))) or wide <= 0 or high <= 0:
                raise Unfit("broken")
            scale = min(LONGEST_SIDE / max(wide, high), 3.0)
            # No forms, no script: pypdfium2 draws what is on the page and starts nothing.
            pages.append(_redrawn(Image, page.render(scale=scale, may_draw_forms=False).to_pil()))
            page.close()
        return pages, count

    return draw


def _redrawn(image, picture):
    """Only the pixels go over: a new picture without profile, text, place, thumbnail or anything after its end."""
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        clear = picture.convert("RGBA")
        plain = image.new("RGB", clear.size, "white")
        plain.paste(clear, mask=clear.getchannel("A"))
    else:
        plain = picture.convert("RGB")
    bare = image.frombytes("RGB", plain.size, plain.tobytes())
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=QUALITY, exif=b"", icc_profile=None)
    return bare.width, bare.height, out.getvalue()


def _warm_up(image):
    """Everything that would be opened at first use is opened now."""
    out = io.BytesIO()
    image.new("RGB", (8, 8)).save(out, "JPEG", quality=QUALITY)
    image.open(io.BytesIO(out.getvalue()), formats=["JPEG"]).load()
    json.dumps({})


# ── walls ────────────────────────────────────────────────────────────────────────────────────
def _walls(threads):
    """Build every wall that this system has; returns their names. The limits are everywhere, the kernel's walls on Linux."""
    built = []
    libc = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "linux":
        libc.prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG, SIGKILL: never outlive the parent
        libc.prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE: no core, no ptrace by others
        # A network of its own with nothing in it; without root it needs a user namespace, which many hosts refuse.
        if libc.unshare(0x40000000) == 0 or libc.unshare(0x10000000 | 0x40000000) == 0:
            built.append("network")
    with contextlib.suppress(OSError):
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            built.append("nobody")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    with contextlib.suppress(ValueError, OSError):  # not on every system
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        built.append("memory")
    if not threads:
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    os.closerange(3, 1024)
    # Three are open, and there may never be a fourth: neither a file nor a socket, on any system.
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    built.append("files")
    if sys.platform == "linux" and platform.machine() == "x86_64" and _seccomp(libc):
        built.append("calls")
    return built


# x86_64 numbers of the calls that drawing needs; everything else answers "not permitted".
_ALLOWED = (
    0, 1, 3, 5, 8, 9, 10, 11, 12, 13, 14, 15, 17, 19, 20, 24, 25, 28, 35, 39, 60, 63, 72, 79, 96, 97, 98, 99, 102, 104,
    107, 108, 131, 158, 186, 200, 201, 202, 204, 228, 229, 230, 231, 234, 262, 273, 302, 309, 318, 332, 334,
)  # fmt: skip


def _seccomp(libc):
    """An allow-list in the kernel (seccomp filter). Whether it stands."""
    load, equal, least, has, answer = 0x20, 0x15, 0x35, 0x45, 0x06
    allow, refuse, absent, kill = 0x7FFF0000, 0x00050000 | 1, 0x00050000 | 38, 0x80000000
    rules = [
        (load, 0, 0, 4),
        (equal, 1, 0, 0xC000003E),  # the calls below are those of this architecture
        (answer, 0, 0, kill),
        (load, 0, 0, 0),
        (least, 0, 1, 0x40000000),  # the second table of the same machine
        (answer, 0, 0, kill),
        # The decoder of HEIC works in threads: `clone` may make a thread (0x10000) and no process. `clone3` hides its
        # flags from a filter, so it is not there, and the library falls back to the first.
        (equal, 0, 4, 56),
        (load, 0, 0, 16),
        (has, 0, 1, 0x10000),
        (answer, 0, 0, allow),
        (answer, 0, 0, refuse),
        (equal, 0, 1, 435),
        (answer, 0, 0, absent),
    ]
    numbers = sorted(set(_ALLOWED))
    rules += [(equal, len(numbers) - place, 0, number) for place, number in enumerate(numbers)]
    rules += [(answer, 0, 0, refuse), (answer, 0, 0, allow)]
    packed = b"".join(struct.pack("<HBBI", *rule) for rule in rules)
    room = ctypes.create_string_buffer(packed, len(packed))

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

    program = Program(len(rules), ctypes.addressof(room))
    if libc.prctl(38, 1, 0, 0, 0) != 0:  # PR_SET_NO_NEW_PRIVS
        return False
    return libc.prctl(22, 2, ctypes.byref(program), 0, 0) == 0  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER


if __name__ == "__main__":
    main()
