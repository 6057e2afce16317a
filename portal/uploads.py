"""How much a request may carry in all: nobody fills the disk, signed in or not."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler


class Bounded(FileUploadHandler):
    """Refuses a body by its announced size, before anything of it is read.

    Django bounds form fields only: files of any size would be written to disk, on every address, because the
    protection against forged requests reads the form first.
    """

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *rest: Any) -> None:
        if content_length > settings.LARGEST_UPLOAD:
            raise RequestDataTooBig("The request is larger than settings.LARGEST_UPLOAD.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Passed on: the next handler keeps it."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
