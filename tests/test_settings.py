"""`settings` holds every setting with its help, and reads secrets from outside the file."""

import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import HOME
from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

import settings
from settings import KEY_VARIABLE, TOKEN_VARIABLE, Settings
from text import Language
from yamlfile import ProblemsError

MARKED = "123456:a-marked-token"


def every(model: type[BaseModel], place: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Yield each setting with its place, through all sections."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from every(kind, f"{place}{name}.")
        else:
            yield f"{place}{name}", field


def sections() -> dict[str, type[BaseModel]]:
    """Return the models of the sections by name."""
    kinds = {name: field.annotation for name, field in Settings.model_fields.items()}
    return {
        name: kind
        for name, kind in kinds.items()
        if isinstance(kind, type) and issubclass(kind, BaseModel)
    }


def read(folder: Path, content: str) -> Settings:
    """Write a settings file and load it."""
    path = folder / "config.yaml"
    path.write_text(content, "utf-8")
    return settings.load(path)


def test_the_example_file_is_what_the_settings_write() -> None:
    """`python -m settings > config.example.yaml` after each change."""
    assert settings.example() == (HOME / "config.example.yaml").read_text("utf-8")


def test_the_example_file_loads_to_the_defaults() -> None:
    """Copying it changes nothing."""
    assert settings.load(None) == settings.load(HOME / "config.example.yaml")


def test_the_module_writes_the_example(capsys: pytest.CaptureFixture[str]) -> None:
    """As its docstring tells."""
    runpy.run_module("settings", run_name="__main__")

    assert settings.example() == capsys.readouterr().out


@pytest.mark.parametrize(
    ("place", "field"), [pytest.param(*row, id=row[0]) for row in every(Settings)]
)
def test_every_setting_has_a_description(place: str, field: FieldInfo) -> None:
    """One sentence that ends, and that the example file shows above the setting."""
    assert (field.description or "").endswith(".")
    assert f"# {field.description}\n" in settings.example()


@pytest.mark.parametrize("name", sections())
def test_every_section_says_what_it_is_for(name: str) -> None:
    """The line stands beside its name in the example file."""
    said = (sections()[name].__doc__ or "").splitlines()[0]

    assert f"\n{name}:  # {said}\n" in settings.example()


def test_no_setting_is_a_secret() -> None:
    """Files name where a secret is; none takes the secret itself."""
    places = {place for place, _ in every(Settings)}
    secret = {place for place in places if place.endswith(("token", "key", "secret", "password"))}

    assert not secret
    assert {"telegram.token_file", "storage.key_file"} <= places


@pytest.mark.parametrize("content", ["", "# all as it is\n"], ids=["nothing", "comment"])
def test_an_empty_file_holds_the_defaults(tmp_path: Path, content: str) -> None:
    """Like no file."""
    assert settings.load(None) == read(tmp_path, content)


@pytest.mark.parametrize("name", sections())
def test_a_section_without_lines_holds_its_defaults(tmp_path: Path, name: str) -> None:
    """Every line is optional, also the last one of a section."""
    assert settings.load(None) == read(tmp_path, f"{name}:\n  # port: 80\n")


def test_a_list_is_no_settings() -> None:
    """Sections are looked for by name, and a list has none."""
    with pytest.raises(ValidationError):
        Settings.model_validate([])


def test_what_a_file_leaves_out_keeps_its_default(tmp_path: Path) -> None:
    """Two lines are a settings file."""
    loaded = read(tmp_path, "country: KE\nweb: {port: 80}\n")

    assert (loaded.country, loaded.web.port) == ("KE", 80)
    assert loaded.web.host == settings.load(None).web.host


@pytest.mark.parametrize("language", Language)
def test_every_language_can_be_the_default(tmp_path: Path, language: Language) -> None:
    """None of the codes is a word that YAML takes for something else."""
    assert language is read(tmp_path, f"default_language: {language}\n").default_language


def test_all_mistakes_of_a_file_are_said_with_their_lines(tmp_path: Path) -> None:
    """A misspelt setting is no setting."""
    with pytest.raises(ProblemsError) as raised:
        read(tmp_path, "langauge: en\nweb:\n  port: 70000\norganisation: {phone: 112}\n")

    said = [str(problem).partition("config.yaml:")[2] for problem in raised.value.problems]
    assert said == [
        "1: langauge: unknown key",
        "3: web.port: must be at most 65535",
        "4: organisation.phone: must be text (put it in quotes)",
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("telegram: {api_url: 'ftp://localhost'}", "telegram.api_url: must begin with https://"),
        ("telegram: {in_flight: 0}", "telegram.in_flight: must be at least 1"),
        ("telegram: {attempts: 101}", "telegram.attempts: must be at most 100"),
        ("storage: {unmatched_days: 0}", "storage.unmatched_days: must be at least 1"),
        ("matching: {at_most_wrong: 1.1}", "matching.at_most_wrong: must be at most 1"),
        ("matching: {suggest_at: -1}", "matching.suggest_at: must be at least 0"),
        ("matching: {question_characters: 4001}", "matching.question_characters: must be at most"),
        ("questions_per_minute: 0", "questions_per_minute: must be at least 1"),
        ("default_language: fr", "default_language: must be 'en', 'hi', 'ur', 'sw' or 'id'"),
        ("log_level: loud", "log_level: must be 'debug', 'info', 'warning' or 'error'"),
    ],
    ids=lambda value: value.split(":")[0],
)
def test_a_value_outside_its_range_is_a_mistake(tmp_path: Path, line: str, expected: str) -> None:
    """It is said at start, not when it first matters."""
    with pytest.raises(ProblemsError, match=r"config\.yaml:1: ") as raised:
        read(tmp_path, line)

    assert expected in str(raised.value)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8081", "https://bot.example.org/api/"],
    ids=["local", "slash"],
)
def test_the_address_of_telegram_has_no_slash_at_its_end(tmp_path: Path, url: str) -> None:
    """Addresses of calls are made by joining."""
    assert url.rstrip("/") == read(tmp_path, f"telegram: {{api_url: '{url}'}}").telegram.api_url


def test_answers_know_the_organisation_by_its_fields(tmp_path: Path) -> None:
    """Its name goes by `organisation` there; everything else by the setting's own name."""
    fields = read(
        tmp_path, "organisation: {name: Sunrise Clinic, phone: '112'}"
    ).organisation.fields()

    assert (fields["organisation"], fields["phone"]) == ("Sunrise Clinic", "112")
    assert {"organisation", *settings.Organisation.model_fields} - {"name"} == set(fields)


def test_a_secret_comes_from_the_environment_first(tmp_path: Path) -> None:
    """The file need not even be there."""
    environment = {TOKEN_VARIABLE: f" {MARKED}\n", KEY_VARIABLE: "another"}
    found = settings.secret(TOKEN_VARIABLE, str(tmp_path / "gone"), environment)

    assert found is not None
    assert found.get_secret_value() == MARKED


def test_a_secret_comes_from_the_environment_of_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When no other is given."""
    monkeypatch.setenv(KEY_VARIABLE, MARKED)

    assert SecretStr(MARKED) == settings.secret(KEY_VARIABLE, "")


@pytest.mark.parametrize("variable", ["", "  "], ids=["empty", "spaces"])
def test_a_secret_comes_from_the_file_when_the_variable_is_empty(
    tmp_path: Path, variable: str
) -> None:
    """Editors end a file with a newline; it is no part of the secret."""
    (tmp_path / "token").write_text(f"{MARKED}\n", "utf-8")
    found = settings.secret(TOKEN_VARIABLE, str(tmp_path / "token"), {TOKEN_VARIABLE: variable})

    assert SecretStr(MARKED) == found


def test_there_is_no_secret_where_none_is_given(tmp_path: Path) -> None:
    """Neither variable nor file, or a file with nothing in it."""
    (tmp_path / "token").write_text("\n", "utf-8")

    assert settings.secret(TOKEN_VARIABLE, "", {}) is None
    assert settings.secret(TOKEN_VARIABLE, str(tmp_path / "token"), {}) is None


def test_a_secret_does_not_show() -> None:
    """Whichever way it is printed."""
    found = settings.secret(TOKEN_VARIABLE, "", {TOKEN_VARIABLE: MARKED})

    assert found is not None
    assert "marked" not in f"{found} {found!r} {[found]}"


def test_a_secret_file_that_is_missing_is_a_mistake_with_its_path(tmp_path: Path) -> None:
    """A bot that silently starts without its token would look well."""
    path = str(tmp_path / "gone")
    expected = f"{path}:1: the file that should hold {TOKEN_VARIABLE} cannot be read: "
    with pytest.raises(ProblemsError) as raised:
        settings.secret(TOKEN_VARIABLE, path, {})

    assert f"{expected}FileNotFoundError" == str(raised.value)


def test_a_secret_file_that_is_no_text_does_not_show_its_bytes(tmp_path: Path) -> None:
    """The decoder's own message would quote them."""
    (tmp_path / "token").write_bytes(MARKED.encode() + b"\xff")
    with pytest.raises(ProblemsError, match="UnicodeDecodeError") as raised:
        settings.secret(TOKEN_VARIABLE, str(tmp_path / "token"), {})

    assert "marked" not in str(raised.value)
    assert raised.value.__suppress_context__
