"""What an operation says of itself once: from it come the command, the request, the algorithm of QGIS and the docs table.

Nothing here computes, and nothing that computes is imported: commands and forms are listed in no time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

from ecoval.errors import InputError
from ecoval.operations.kinds import Kind, Several
from ecoval.terms import nearest


class Words(NamedTuple):
    """A text in both languages."""

    en: str
    zh: str

    def in_language(self, lang: str) -> str:
        """The text in one language."""
        return self.zh if lang == "zh" else self.en


NOTHING = Words("", "")


class Required:
    """Stands where an option has no default."""

    def __repr__(self) -> str:
        return "required"


REQUIRED = Required()
BY_NAME = "--"  # the flag that follows from the name


@dataclass(frozen=True)
class Option:
    """One value that an operation takes.

    Parameters
    ----------
    name : text
        In a request and in the function.
    kind : Kind
    help : Words
    default : object
        Where the function has None, an empty text of the command line means that it is not given.
    flag : text
        On the command line; empty for an argument without a flag, None where the command line has it not.
    metavar : text
        Stands for the value in the help; the name in capitals for arguments.
    """

    name: str
    kind: Kind
    help: Words = NOTHING
    default: Any = REQUIRED
    flag: str | None = BY_NAME
    metavar: str = ""

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is REQUIRED

    @property
    def spelled(self) -> str:
        """The flag, or what an argument is called in the help."""
        if self.flag == BY_NAME:
            return "--" + self.name.replace("_", "-")
        return self.flag or self.metavar or self.name.upper()

    def described(self) -> dict[str, Any]:
        """As JSON."""
        content = {"name": self.name, **self.kind.described(), "help": self.help._asdict(), "required": self.required}
        if not self.required:
            content["default"] = plain(self.default)
        return content


@dataclass(frozen=True)
class Parameter:
    """A parameter of an algorithm of QGIS: its name is frozen, its type one that the plugin knows.

    Parameters
    ----------
    name : text
        In capitals.
    type : text
        Key of the plugin's table of types.
    label, help : Words
        A label may be a term of the vocabulary.
    fills : text or mapping
        Field of the request; for a choice, fields by choice; for a layer, the fields that take its path, id, name, layer, crs ...
    choices : texts, or the name of a list of the catalogue
    of : text
        What layers it takes: polygon, vector, raster, file; of a field, the parameter of its layer.
    """

    name: str
    type: str
    label: Words | str
    help: Words = NOTHING
    fills: str | Mapping[str, Any] = ""
    default: Any = None
    optional: bool = False
    advanced: bool = False
    choices: tuple[str, ...] | str = ()
    low: float | None = None
    high: float | None = None
    of: str = ""

    def described(self) -> dict[str, Any]:
        """As JSON, without what is not said."""
        content = {name: plain(getattr(self, name)) for name in self.__dataclass_fields__}
        content["label"], content["help"] = words(self.label), self.help._asdict()
        flags = ("optional", "advanced")
        empty = {name for name, value in content.items() if value is None or value in ("", [], {}) or (name in flags and not value)}
        return {name: value for name, value in content.items() if name not in empty}


@dataclass(frozen=True)
class Output:
    """An output of an algorithm; `holds` is where the answer has it: outputs.recipe, numbers.units, request.out."""

    name: str
    type: str
    label: Words | str
    holds: str = ""

    def described(self) -> dict[str, Any]:
        """As JSON."""
        return {"name": self.name, "type": self.type, "label": words(self.label), "holds": self.holds}


@dataclass(frozen=True)
class Algorithm:
    """An operation in the toolbox of QGIS.

    Parameters
    ----------
    name : text
        Id within the provider, frozen.
    title, group, summary : Words
    tags : text
        Search words in Chinese, English and pinyin, parted by spaces.
    parameters : tuple of Parameter
        None: one for each option of the operation.
    outputs : tuple of Output
    example : text
    folder : text
        Name of a new run folder; empty where none is made.
    fixed : mapping
        Fields of the request that no parameter has.
    builds : mapping
        Field of the request -> what the plugin builds of the parameters: study, project.
    special : text
        What the plugin does with the answer beyond giving the outputs as they are declared.
    """

    name: str
    title: Words
    group: Words
    summary: Words
    tags: str
    example: str
    parameters: tuple[Parameter, ...] | None = None
    outputs: tuple[Output, ...] = ()
    folder: str = ""
    fixed: Mapping[str, Any] = field(default_factory=dict)
    builds: Mapping[str, str] = field(default_factory=dict)
    special: str = ""


class Console(Protocol):
    """Where a command prints."""

    lang: str

    def text(self, en: str, zh: str) -> str:
        """The sentence in the language of the user."""

    def line(self, en: str, zh: str) -> None:
        """Print a line."""

    def table(self, frame: Any, title: str | None = None, formats: Mapping[str, str] | None = None) -> None:
        """Print a table."""


@dataclass(frozen=True)
class Request:
    """A method of the engine.

    Parameters
    ----------
    method : text
    fixed : mapping
        Fields that tell the operations of the method apart.
    otherwise : mapping
        Options whose default is another one in a request.
    required : texts
        Options that a request must have although the command has a default.
    first : choice {True, False}
        Whether this operation is meant where none of the fixed fields is there.
    """

    method: str
    fixed: Mapping[str, str] = field(default_factory=dict)
    otherwise: Mapping[str, Any] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    first: bool = False


@dataclass(frozen=True)
class Operation:
    """One operation.

    Parameters
    ----------
    name : text
        The words of the command.
    help : Words
        First sentence of the help.
    example : text
        A command line.
    options : tuple of Option
    run : callable (work, values), or text
        Does the work by the library, imported when it is called; or `module:name` of a function (task, **values) of the engine.
    show : callable (console, result, values)
        Prints what `run` gave, and gives what `--json` prints; None where there is no command.
    answer : callable (result, values)
        Outputs and numbers of a request; None where there is none.
    request : Request
    algorithms : tuple of Algorithm
    python : text
        The function of the library, `module:name`.
    refused : callable (result)
        Whether the command ends with 1 although it has an answer.
    """

    name: str
    help: Words
    example: str
    options: tuple[Option, ...]
    run: Callable[[Any, dict[str, Any]], Any] | str
    show: Callable[[Any, Any, dict[str, Any]], dict[str, Any]] | None = None
    answer: Callable[[Any, dict[str, Any]], dict[str, Any]] | None = None
    request: Request | None = None
    algorithms: tuple[Algorithm, ...] = ()
    python: str = ""
    refused: Callable[[Any], bool] | None = None

    @property
    def doors(self) -> tuple[str, ...]:
        """Where it is offered."""
        offered = {"command": self.show, "request": self.request, "algorithm": self.algorithms, "python": self.python}
        return tuple(door for door, entry in offered.items() if entry)

    def option(self, name: str) -> Option:
        """One of its options."""
        return next(each for each in self.options if each.name == name)

    def of_request(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Values of a request, every option of them; null is as good as absent, and so is an empty text where one is required.

        Raises
        ------
        InputError
            BAD_REQUEST: unknown and absent fields, wrong types, values outside their domain.
        """
        otherwise, required = (self.request.otherwise, self.request.required) if self.request else ({}, ())
        fields = {option.name: option for option in self.options}
        valid = {*fields, *(self.request.fixed if self.request else ()), "lang"}
        unknown = [f"{name} (nearest: {nearest(name, valid)})" for name in sorted(set(params) - valid)]
        must = {name for name, option in fields.items() if option.required} - set(otherwise) | set(required)
        absent = [name for name in fields if name in must and params.get(name) in (None, "")]
        if unknown or absent:
            reason = f"unknown: {', '.join(unknown) or '-'}; absent: {', '.join(absent) or '-'}; known: {', '.join(sorted(valid))}"
            raise InputError("BAD_REQUEST", reason=reason)
        for name in fields:
            if holds_nul(params.get(name)):
                raise InputError("BAD_REQUEST", reason=f"{name}: a text without the character NUL; found: {params[name]!r}")
        values = {option.name: option.default for option in self.options if not option.required}
        values |= otherwise
        for name, option in fields.items():
            if params.get(name) is not None:
                try:
                    values[name] = empty_is_absent(option, params[name], option.kind.of_request)
                except ValueError as error:
                    raise InputError("BAD_REQUEST", reason=f"{name}: {error}; found: {params[name]!r}") from None
        return values

    def described(self) -> dict[str, Any]:
        """As JSON: what a form, a client or a docs table is made of."""
        return {
            "name": self.name,
            "help": self.help._asdict(),
            "example": self.example,
            "doors": list(self.doors),
            "method": self.request.method if self.request else None,
            "fixed": dict(self.request.fixed) if self.request else {},
            "options": [option.described() for option in self.options],
            "algorithms": [described(self, algorithm) for algorithm in self.algorithms],
            "python": self.python,
        }


def empty_is_absent(option: Option, value: Any, read: Callable[[Any], Any]) -> Any:
    """Value of an option; an empty text where the function has None or nothing means that it is not given."""
    if value == "" and not option.required and option.default in (None, (), ""):
        return option.default
    return read(value)


def holds_nul(value: Any) -> bool:
    """Whether a text of a value holds the character that no path, name or cell may have."""
    if isinstance(value, Mapping):
        return any(map(holds_nul, (*value, *value.values())))
    return any(map(holds_nul, value)) if isinstance(value, list | tuple) else isinstance(value, str) and "\0" in value


def described(operation: Operation, algorithm: Algorithm) -> dict[str, Any]:
    """An algorithm as JSON, with the parameters that follow from the options where it has none of its own."""
    parameters = algorithm.parameters
    if parameters is None:
        parameters = tuple(map(parameter, operation.options))
    kinds = {option.name: option.kind for option in operation.options}
    parameters = tuple(with_choices(each, kinds) for each in parameters)
    request = operation.request
    return {
        "name": algorithm.name,
        "title": algorithm.title._asdict(),
        "group": algorithm.group._asdict(),
        "summary": algorithm.summary._asdict(),
        "tags": algorithm.tags,
        "example": algorithm.example,
        "method": request.method if request else None,
        "fixed": {**(request.fixed if request else {}), **algorithm.fixed},
        "folder": algorithm.folder,
        "builds": dict(algorithm.builds),
        "special": algorithm.special,
        "parameters": [each.described() for each in parameters],
        "outputs": [each.described() for each in algorithm.outputs],
    }


def with_choices(each: Parameter, kinds: Mapping[str, Kind]) -> Parameter:
    """The parameter with the choices of the option that it fills, where it has none of its own."""
    kind = kinds.get(each.fills) if isinstance(each.fills, str) else None
    choices = getattr(kind, "choices", ())
    return replace(each, choices=choices) if each.type == "choice" and choices and not each.choices else each


def parameter(option: Option) -> Parameter:
    """The parameter of an algorithm that follows from an option."""
    content = option.kind.described()
    kind, choices = content["type"], tuple(content.get("choices", ()))
    if isinstance(option.kind, Several):
        each = option.kind.each.described()
        kind, choices = (
            "choices" if each["type"] == "choice" else "files" if each["type"] == "file" else "text",
            tuple(each.get("choices", ())),
        )
    elif kind == "file":
        kind = {"raster": "raster", "vector": "layer"}.get(content["holds"], "file")
    elif kind not in ("choice", "number", "whole", "flag", "folder"):
        kind = "text"
    return Parameter(
        option.name.upper(),
        kind,
        Words(option.name.replace("_", " ").capitalize(), option.name),
        option.help,
        fills=option.name,
        default=None if option.required else plain(option.default),
        optional=not option.required,
        choices=choices,
        low=content.get("low"),
        high=content.get("high"),
    )


def words(text: Words | str) -> dict[str, str]:
    """Both languages of a text, or of a term of the vocabulary."""
    if isinstance(text, Words):
        return text._asdict()
    from ecoval.terms import label

    return {lang: label(text, lang) for lang in ("en", "zh")}


def plain(value: Any) -> Any:
    """Value as JSON holds it."""
    if isinstance(value, Mapping):
        return {name: plain(entry) for name, entry in value.items()}
    if isinstance(value, tuple | list):
        return [plain(entry) for entry in value]
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)


__all__ = ["REQUIRED", "Algorithm", "Console", "Operation", "Option", "Output", "Parameter", "Request", "Words"]
