"""Looking again, with growing pauses, until every message has a last word or its validity is over."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from threading import Event

from smscampaign.errors import GatewayProblem, JournalProblem
from smscampaign.journal import receipts
from smscampaign.journal.receipts import Standing
from smscampaign.model import Progress
from smscampaign.receipts.looking import Look, Looking, passing

#: Seconds between the first two looks, how much longer each pause is than the one before, and the longest: with three calls a
#: look, three days are some sixty calls.
FIRST, GROWTH, LONGEST = 60.0, 3.0, 6 * 3600.0

#: Seconds between two words on how far it is, for a log.
EACH = 20.0


@dataclass(frozen=True, slots=True)
class Heard:
    """How receipts stand when it ends: `over` when all that can come has come, although not all have a last word.

    `problem` is what kept it from asking for all of them.
    """

    standing: Standing
    over: bool
    lacking: str = ""
    problem: GatewayProblem | None = None
    interrupted: bool = False

    @property
    def complete(self) -> bool:
        """Whether nothing more is to come."""
        return self.problem is None and (self.over or self.standing.final >= self.standing.accepted)


def listen(
    looking: Looking,
    *,
    follow: bool,
    tell: Callable[[str], object],
    heard: Callable[[], object] = lambda: None,
    first: float = FIRST,
) -> Generator[Progress, None, Heard]:
    """Look once, or until nothing more is to come; `heard` is called after each look that brought something new.

    `first` are the seconds of the first pause.

    Where following, what fails for a while is told and asked again at the next look.
    """
    pause, told = first, ""
    while True:
        look, problem = Look(), None
        try:
            look = yield from looking.look()
        except GatewayProblem as error:
            problem = error
        except JournalProblem as error:
            if not follow:
                raise
            tell(f"Not looked this time: {error.what}.")
        if look.lacking and not told:
            told = look.lacking
            tell(
                f"Receipts are read one by one, because {told}. With the rights GET /sms/*/document and"
                " GET /me/document/* thousands take a handful of calls."
            )
        state = _state(looking, look, told, problem)
        if look.merged.new or problem is not None:
            heard()
        if problem is not None and (not follow or not passing(problem)):
            return state
        if not follow or state.complete or state.interrupted:
            return state
        if problem is not None:
            tell(f"Not all could be asked this time: {problem.what}.")
        final, accepted = state.standing.final, state.standing.accepted
        yield from waiting(pause, final, accepted, stop=looking.stop, sleep=looking.sleep)
        pause = min(pause * GROWTH, LONGEST)


def _state(looking: Looking, look: Look, lacking: str, problem: GatewayProblem | None) -> Heard:
    standing = receipts.standing(looking.store, looking.records)
    over = look.over is not None and look.over < looking.store.clock()
    return Heard(standing, over, lacking, problem, interrupted=looking.stop.is_set())


def waiting(
    pause: float, done: int, total: int | None, *, stop: Event, sleep: Callable[[float], object]
) -> Generator[Progress, None, None]:
    """A pause of so many seconds, with a word on how far it is now and then."""
    minutes = round(pause / 60)
    note = f"next look in {minutes} min" if minutes else ""
    while pause > 0 and not stop.is_set():
        yield Progress("listening", done, total, note)
        sleep(min(pause, EACH))
        pause -= EACH
