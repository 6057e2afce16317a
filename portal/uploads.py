"""How much a request may carry in all: nobody fills the disk, signed in or not. And what was cut off on its way is no upload."""

import re
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import UnreadablePostError

from cases.domain.evidence import LARGEST_OF_ALL

# Where a person hands in evidence: films are larger than anything else the site takes.
_EVIDENCE = re.compile(r"/(?:complaints|contacts)/[0-9A-Z]{16}/evidence/")


class Bounded(FileUploadHandler):
    """Refuses a body by its announced size, before anything of it is read, and a body that ended before that size.

    Django bounds form fields only: files of any size would be written to disk, on every address, because the
    protection against forged requests reads the form first. And it takes the files that had arrived before the
    connection broke for all of them: whoever sent two would be told that two are kept.
    """

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *rest: Any) -> None:
        self._body, self._announced = input_data, content_length
        self._evidence = self._is_evidence()
        self._bytes = 0
        limit = settings.LARGEST_EVIDENCE if self._evidence else settings.LARGEST_UPLOAD
        if content_length > limit:
            raise RequestDataTooBig("The request is larger than the settings allow here.")

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._bytes = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Passed on: the next handler keeps it. A file that is too large for any kind is let drop; the page names it."""
        self._bytes += len(raw_data)
        if self._evidence and self._bytes > LARGEST_OF_ALL:
            self.request.too_large = [*getattr(self.request, "too_large", []), self.file_name]  # type: ignore[union-attr]
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None

    def upload_complete(self) -> None:
        """The server hands over what came; only the announced size tells that it was not everything."""
        stream = getattr(self._body, "_stream", None)
        if getattr(stream, "_pos", self._announced) < self._announced:
            raise UnreadablePostError("The connection ended before the upload did.")

    def _is_evidence(self) -> bool:
        request = self.request
        if request is None or not _EVIDENCE.fullmatch(request.path_info):
            return False
        user = getattr(request, "user", None)
        return bool(user and user.is_authenticated)
