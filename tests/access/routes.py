"""Every door of the resolver, as names that the policy can speak of."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True)
class Route:
    """One door: its full name (or its view's), its path with parameters, and their converters."""

    name: str
    path: str
    parameters: tuple[str, ...] = field(default=())

    def url(self, values: dict[str, Any]) -> str:
        """The path with its parameters filled in."""
        url = "/" + self.path
        for parameter in self.parameters:
            url = url.replace(f"<{parameter}>", str(values[parameter]), 1)
        return url


def every_route() -> list[Route]:
    return sorted(_walk(get_resolver(), "", ()), key=lambda route: (route.name, route.path))


def _walk(resolver: URLResolver, prefix: str, namespaces: tuple[str, ...]) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        path = _plain(entry)
        if isinstance(entry, URLResolver):
            inside = (*namespaces, entry.namespace) if entry.namespace else namespaces
            yield from _walk(entry, prefix + path, inside)
        elif isinstance(entry, URLPattern):
            name = entry.name or getattr(
                entry.callback, "__qualname__", type(entry.callback).__name__
            )
            full = prefix + path
            yield Route(
                name=":".join([*namespaces, name]),
                path=full,
                parameters=tuple(part.split(">")[0] for part in full.split("<")[1:]),
            )


def _plain(entry: URLPattern | URLResolver) -> str:
    """The path of an entry with its parameters as `<name>`, whatever syntax it was written in."""
    pattern = entry.pattern
    if hasattr(pattern, "_route"):
        path = str(pattern._route)
        for name, converter in pattern.converters.items():
            kind = type(converter).__name__
            for written in (f"<{_converter_name(kind)}:{name}>", f"<{name}>"):
                path = path.replace(written, f"<{name}>")
        return path
    return _plain_regex(pattern.regex.pattern)


def _converter_name(kind: str) -> str:
    return kind.removesuffix("Converter").lower().replace("string", "str")


def _plain_regex(regex: str) -> str:
    """A regular expression of the kind that libraries still use: named groups and literals."""
    path, index = "", 0
    regex = regex.removeprefix("^").removesuffix("$").removesuffix(r"\Z")
    while index < len(regex):
        if regex.startswith("(?P<", index):
            end = regex.index(">", index)
            name = regex[index + 4 : end]
            depth, index = 1, end + 1
            while depth:
                depth += {"(": 1, ")": -1}.get(regex[index], 0)
                index += 1
            path += f"<{name}>"
        elif regex[index] == "\\":
            path += regex[index + 1]
            index += 2
        elif regex[index] == "?":
            index += 1
        else:
            path += regex[index]
            index += 1
    return path
