"""What LEVER_EXCLUDE names: whole models and single fields, and with them Lever's records and keys.

So is an extra model excluded as a whole unless LEVER_EXTRA_MODELS names it: it is not read, and is taken out
of the database when the setting names it no more. The insight models are there unless LEVER_INSIGHT switches
them off; each goes with the model that it is beside.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from lever_assets.lever.resources import BY_NAME, RESOURCES, Below, Resource, Windowed, embedded_in
from lever_assets.mapping.stated import SOURCES, Column
from lever_assets.policy.stripping import Stripping, is_needed, stripping
from lever_assets.settings import Settings, SettingsError
from lever_assets.unified.catalogue import BY_NAME as MODELS
from lever_assets.unified.catalogue import EXTRA_MODELS, INSIGHT_MODELS, Model
from lever_assets.unified.marts import Mart
from lever_assets.unified.models import UnifiedRow

EXTRA: tuple[str, ...] = tuple(each.name for each in EXTRA_MODELS)
"""The extra models, by name."""
_AND = "+"
"""Stands before the extra models among names that are kept."""
_NO_INSIGHT = "-insight"
"""Stands among names that are kept where the insight models are switched off."""
_ROW = frozenset({"id", "connection", "remote_id", "changed_at", "remote_deleted_at"})


@dataclass(frozen=True)
class Exclusion:
    """Models (`offers`) and fields (`candidates.phone_numbers`) that are neither fetched nor stored.

    Make it by `of` or `known_among`, which know the names. `extra`: the extra models that are wanted;
    `insight`: whether those of insight are.
    """

    names: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    insight: bool = True

    @classmethod
    def of(cls, settings: Settings) -> "Exclusion":
        """Return what the settings exclude; raises SettingsError that says which names there are."""
        return _named(
            settings.exclude,
            settings.extra_models,
            settings.insight,
            settings.unusable("exclude"),
            settings.unusable("extra_models"),
        )

    @classmethod
    def known_among(cls, names: tuple[str, ...]) -> "Exclusion":
        """Return the exclusion of those names that exist, for one that was kept as it was `stated`."""
        return _known_among(names)

    @property
    def stated(self) -> tuple[str, ...]:
        """All that makes it up, as names to keep: an extra model that is wanted has a + before it."""
        switched_off = () if self.insight else (_NO_INSIGHT,)
        return (*self.names, *(f"{_AND}{each}" for each in self.extra), *switched_off)

    @cached_property
    def models(self) -> frozenset[str]:
        """The models that are excluded as a whole."""
        named = frozenset(name for name in self.names if "." not in name) | self._not_asked_for
        beside = (each for each in INSIGHT_MODELS if not self.insight or each.beside in named)
        return named | frozenset(each.name for each in beside)

    @cached_property
    def _not_asked_for(self) -> frozenset[str]:
        return frozenset(EXTRA) - frozenset(self.extra)

    def lacks_extra(self, model: str) -> bool:
        """Tell whether it is an extra model that nobody asks for."""
        return model in self._not_asked_for

    def why(self, model: str) -> tuple[str, str, str]:
        """Return why a model that is not kept is not: a setting, what of it, and what is to be done."""
        if self.lacks_extra(model):
            return "extra_models", f"does not name {model}", "name it there, and sync"
        if not self.insight and MODELS[model].beside is not None:
            return "insight", f"is off, and {model} with it", "switch it on, and sync"
        if model not in self.names:
            beside = MODELS[model].beside
            return (
                "exclude",
                f"leaves out {beside}, and {model} with it",
                f"take {beside} out there, and sync",
            )
        return "exclude", f"leaves out {model}", "take it out there, and sync"

    def lacking_for(self, mart: Mart) -> str | None:
        """Return the first model that a mart of tables reads and that is not kept; None: all are."""
        return next((each for each in mart.reads if not self.keeps(each)), None)

    def why_no_mart(self, mart: Mart) -> tuple[str, str, str] | None:
        """Return why a mart is not kept, as `why` does of a model; None: nothing here speaks against it."""
        if not self.insight:
            return "insight", f"is off, and {mart.table} with it", "switch it on, and sync"
        lacking = self.lacking_for(mart)
        if lacking is None:
            return None
        name, why, what_to_do = self.why(lacking)
        return name, f"{why}, and {mart.table} with it", what_to_do

    @cached_property
    def columns(self) -> frozenset[Column]:
        """Every column that is excluded, those of whole models included."""
        named = [tuple(name.split(".")) for name in self.names if "." in name]
        fields = [*named, *((each, column) for model, column in named for each in _repeating(model, column))]
        whole = ((model, column) for model in self.models for column in SOURCES[model])
        return frozenset([*((model, column) for model, column in fields), *whole])

    @cached_property
    def resources(self) -> frozenset[str]:
        """The resources of Lever that are read at all: those that a model needs, and their parents."""
        needed = {each.name for each in RESOURCES if is_needed(each.name, self.columns)}
        read = [BY_NAME[name] for name in needed]
        return frozenset(needed | {each.parent for each in read if isinstance(each, Below)})

    @property
    def kept(self) -> tuple[Model, ...]:
        """The models that are kept, perhaps without some fields, in the catalogue's order."""
        return tuple(each for each in MODELS.values() if self.keeps(each.name))

    def keeps(self, model: str) -> bool:
        """Tell whether the model is kept, perhaps without some fields."""
        return model not in self.models

    def needs(self, resource: str) -> bool:
        """Tell whether the resource is to be read."""
        return resource in self.resources

    def fields(self, model: str) -> tuple[str, ...]:
        """Return the columns of a model that are excluded."""
        return tuple(sorted(column for of, column in self.columns if of == model))

    def row(self, model: str, row: UnifiedRow) -> UnifiedRow:
        """Return the row with null in the columns that are excluded."""
        fields = self.fields(model) if self.names else ()
        return row.model_copy(update=dict.fromkeys(fields)) if fields else row

    def stripping(self, resource: str) -> Stripping:
        """Return what is taken out of a resource's records."""
        if not self.names:
            return Stripping()
        own = stripping(resource, self.columns)
        embedded = embedded_in(resource)
        if embedded is None:
            return own
        return replace(own, inside={embedded.name: stripping(embedded.name, self.columns)})

    def applied_to(self, resource: Resource) -> Resource:
        """Return the resource as it is read: asking for no more than is needed."""
        if isinstance(resource, Windowed) and resource.expand is not None and not self.needs(resource.expand):
            return replace(resource, expand=None)
        return resource


NOTHING_EXCLUDED = Exclusion()


@lru_cache(maxsize=64)
def _known_among(names: tuple[str, ...]) -> Exclusion:
    extra = {name.removeprefix(_AND) for name in names if name.startswith(_AND)}
    return Exclusion(
        tuple(name for name in names if _is_known(name)),
        tuple(each for each in EXTRA if each in extra),
        insight=_NO_INSIGHT not in names,
    )


@lru_cache(maxsize=64)
def _named(
    names: tuple[str, ...], extra: tuple[str, ...], insight: bool, unusable: str, unusable_extra: str
) -> Exclusion:
    for name in names:
        _check(name, unusable)
    unknown = sorted(set(extra) - set(EXTRA))
    if unknown:
        raise SettingsError(
            f"{unusable_extra}: there is no extra model {unknown[0]!r}. Those there are: {', '.join(EXTRA)}."
        )
    wanted = tuple(each for each in EXTRA if each in extra)
    exclusion = Exclusion(tuple(sorted(set(names))), wanted, insight)
    if exclusion.models == MODELS.keys():
        raise SettingsError(
            f"{unusable}: it names every model, and leaves nothing. Take out what you want to keep."
        )
    return exclusion


def _check(name: str, unusable: str) -> None:
    model, dot, column = name.partition(".")
    if model not in MODELS:
        raise SettingsError(
            f"{unusable}: there is no model {model!r}. Models are {', '.join(MODELS)}; "
            "a field is written like candidates.phone_numbers."
        )
    if dot and column not in _fields(model):
        exists = column in _ROW or column in MODELS[model].row.model_fields
        fault = "ids and references are always kept" if exists else "there is no such field"
        possible = ", ".join(_fields(model)) or "none: exclude the model"
        raise SettingsError(
            f"{unusable}: {name!r}: {fault}. The fields of {model} that can be left out are {possible}."
        )


def _is_known(name: str) -> bool:
    model, dot, column = name.partition(".")
    return model in MODELS and (not dot or column in _fields(model))


def _fields(model: str) -> tuple[str, ...]:
    references = {column for column, _ in MODELS[model].references()}
    return tuple(column for column in MODELS[model].row.model_fields if column not in _ROW | references)


def _repeating(model: str, column: str) -> Iterator[str]:
    """Yield the models that say in a column of this name what this one says."""
    for each in INSIGHT_MODELS:
        if each.repeats and each.beside == model and column in SOURCES[each.name]:
            yield each.name


def possible_names() -> Iterator[str]:
    """Yield every name that the setting takes: each model, followed by its fields."""
    for model in MODELS:
        yield model
        yield from (f"{model}.{column}" for column in _fields(model))
