"""The form of a job, filled in with the answers of an input; without any, a candidate is made without it."""

from collections.abc import Sequence
from dataclasses import dataclass

from lever_assets.actions.creation.creation_inputs import Creation, FileAnswer
from lever_assets.actions.creation.form_answers import Answered, answerable, read_answers, unanswered
from lever_assets.actions.creation.form_request import FilledForm
from lever_assets.actions.creation.person import Person
from lever_assets.actions.engine.errors import invalid
from lever_assets.actions.engine.work import Work
from lever_assets.lever import LeverError
from lever_assets.lever.faults import of_shape
from lever_assets.lever.paths import path_to
from lever_assets.lever.records import PostingForm

_MOST_NAMED = 50

FileAnswers = dict[str, FileAnswer]
"""Answers that are files, by the question's remote id."""


@dataclass(frozen=True)
class Job:
    """A job by the id that the caller gave, and the posting's id in Lever."""

    called: str
    posting: str


@dataclass(frozen=True)
class Filling:
    """What is filled in, by whom, for which job. Not `strict`: what is wrong with it is no longer refused."""

    work: Work
    asked: Creation
    person: Person
    job: Job
    source: str | None
    strict: bool

    async def done(self) -> tuple[FilledForm | None, FileAnswers]:
        """Return the form with the answers, and those that are files; None when there is nothing to fill in.

        Raises ActionError for an answer that does not fit, for answers of which none is to a question of the
        job, and for answers that leave out what the form requires.
        """
        if self.asked.gdpr_consent is not None and self.asked.gdpr_consent.expires_at is not None:
            self.work.warn(
                "Lever decides itself when a consent ends: gdpr_consent.expires_at was not written."
            )
        form = await self._form()
        if form is None:
            return None, {}
        answered = read_answers(
            form,
            self.asked.screening_question_answers,
            self.work.session.mapping,
            ignore_unknown=self.work.ignore_unknown,
        )
        for sentence in answered.warnings:
            self.work.warn(sentence)
        self._check_known(form, answered)
        filled = self._filled(form, answered)
        open_questions = unanswered(form, answered)
        lacking = [f"“{each}”" for each in open_questions]
        if answered or (self._consents and not answered.named):
            lacking += filled.lacking(resume=any(each.type == "CV" for each in self.asked.attachments))
        if answered.named:
            self._check_complete(lacking)
        if answered or (self._consents and not lacking):
            return filled, answered.files
        self._tell_what_is_open(len(open_questions), lacking)
        return None, {}

    @property
    def _consents(self) -> bool:
        consent = self.asked.gdpr_consent
        return consent is not None and consent.given is not None

    async def _form(self) -> PostingForm | None:
        """Return the form; None, with a warning, when it can't be read and nothing is to be filled in."""
        path = path_to("postings", self.job.posting, "apply")
        try:
            found = await self.work.lever.get(path)
            if not isinstance(found, dict) or found.get("id", self.job.posting) != self.job.posting:
                raise of_shape(
                    "it is not the form that was asked for", "GET", path, by=self.work.lever.let_in_by
                )
        except LeverError as error:
            if self.asked.screening_question_answers or self._consents:
                raise
            self.work.warn(f"It can't be told whether the form of the job requires answers: {error}")
            return None
        return PostingForm.parse({**found, "id": self.job.posting})

    def _filled(self, form: PostingForm, answered: Answered) -> FilledForm:
        consent = self.asked.gdpr_consent if self._consents else None
        return FilledForm(form, self.job.posting, self.person, answered.values, self.source, consent)

    def _check_known(self, form: PostingForm, answered: Answered) -> None:
        """Refuse answers none of which is to a question of this job, unless it asks none.

        To who asks over HTTP each such answer is a warning, as the unified API has it.
        """
        questions = answerable(form, self.work.session.mapping)
        if (
            self.work.ignore_unknown
            or not self.strict
            or answered.named
            or not self.asked.screening_question_answers
            or not questions
        ):
            return
        left = len(questions) - _MOST_NAMED
        more = f" and {left} more" if left > 0 else ""
        raise invalid(
            "Unknown questions",
            f"The form of the job {self.job.called} asks none of the questions that were answered; it asks "
            f"{', '.join(questions[:_MOST_NAMED])}{more}. Answer those, or leave the answers out.",
        )

    def _check_complete(self, lacking: Sequence[str]) -> None:
        if self.strict and lacking:
            raise invalid(
                "Answer missing",
                f"The form of the job {self.job.called} requires an answer to {', '.join(lacking)}; "
                "give it and try again.",
            )

    def _tell_what_is_open(self, questions: int, lacking: Sequence[str]) -> None:
        if questions:
            required = "1 required question" if questions == 1 else f"{questions} required questions"
            self.work.warn(
                f"No answers were given, though the form of the job {self.job.called} has {required}: "
                "the candidate was made without the form."
            )
        if self._consents and lacking:
            self.work.warn(
                "Lever takes a consent with the form alone, and the form requires more than was given: "
                "gdpr_consent was not written."
            )
