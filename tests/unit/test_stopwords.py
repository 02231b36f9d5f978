"""STOP in plain words is taken; what sounds like it is proposed to a person; everything else is a reply."""

from __future__ import annotations

import pytest

from smscampaign.stopwords import Stop, stop_of


@pytest.mark.parametrize(
    "text",
    [
        *(
            "STOP",
            "stop",
            " Stop. ",
            "S.T.O.P.",
            "s t o p",
            "STOP 36180",
            "Stop 36 180",
            "STOP au 36180",
            "stop sms svp",
        ),
        *("ARRET", "Arrêt", "arrêtez !", "DESABO", "Désabo", "désabonnement", "désinscription", "STOP\n"),
        *(
            "Unsubscribe",
            "unsubscribe please",
            "opt out",
            "OPT-OUT",
            "STOPALL",
            "WYPISZ",
            "wypisz, prosze",
            "Rezygnuję",
        ),
    ],
)
def test_plain_words_are_a_stop(text):
    assert stop_of(text) is Stop.STOP


@pytest.mark.parametrize(
    "text",
    [
        *(
            "je ne veux plus",
            "Stop, on se voit demain ?",
            "Merci de ne plus m'écrire, je ne veux plus de SMS",
        ),
        *(
            "please remove me from your list",
            "no more messages",
            "cancel",
            "nie chcę więcej SMS-ów",
            "Proszę usunąć",
        ),
        *("unsubscribe me please", "wypisz mnie", "END"),
    ],
)
def test_what_sounds_like_it_is_for_a_person(text):
    assert stop_of(text) is Stop.REVIEW


@pytest.mark.parametrize(
    "text", ["Oui", "OK merci", "36180", "", "…", "Yes please", "A demain", "tak", "I will be there", "merci"]
)
def test_everything_else_is_a_reply(text):
    assert stop_of(text) is Stop.NO
