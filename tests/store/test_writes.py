"""Single conditional writes: a condition that fails is an answer, anything else is an error as it is."""

from __future__ import annotations

import pytest
from pynamodb.exceptions import PutError, UpdateError
from support.cast import an_up_device, sign_up
from support.crashes import Strike, calls, throttled, timed_out
from support.deployment import Deployment

from makegood.storage.devices import DOWN, UP, Device
from makegood.storage.writes import put_if, update_if


def test_a_condition_that_does_not_hold_is_an_answer(deployment: Deployment) -> None:
    sign_up()
    modem = an_up_device("modem")
    assert update_if(modem, [Device.name.set("Modem")], Device.state == UP) is True
    assert update_if(modem, [Device.name.set("Router")], Device.state == DOWN) is False
    assert put_if(modem, Device.state == DOWN) is False
    modem.refresh()
    assert modem.name == "Modem"


@pytest.mark.parametrize("strike", [throttled, timed_out])
def test_a_call_that_aws_refuses_or_never_answers_is_an_error(deployment: Deployment, strike: Strike) -> None:
    sign_up()
    modem = an_up_device("modem")
    with calls(1, strike), pytest.raises(UpdateError):
        update_if(modem, [Device.name.set("Modem")], Device.state == UP)
    with calls(1, strike), pytest.raises(PutError):
        put_if(modem, Device.state == UP)
