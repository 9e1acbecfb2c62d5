"""Forms with files are UTF-8, whatever charset their request names."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class FormCharsetMiddleware:
    """RFC 7578 knows no charset for multipart/form-data. Django believes one all the same, and
    fails on the names that Python knows without being able to read text by them (base64, zip)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.content_type == "multipart/form-data":
            request.encoding = None
        return self.get_response(request)
