"""Events reach their bus, and the urgent ones a topic that others can subscribe to."""

from __future__ import annotations

from typing import Any

from makegood.rules.events import KINDS, SOURCE

Json = dict[str, Any]
TELLERS = ("Sweep", "Advance", "Desk")


def test_only_who_tells_events_may_put_them_on_the_bus_and_knows_its_name(
    resources: Json, functions: Json
) -> None:
    may = {
        name.removesuffix("Role")
        for name, resource in resources.items()
        if {"Ref": "TellEvents"} in resource.get("Properties", {}).get("ManagedPolicyArns", [])
    }
    know = {
        name.removesuffix("Function")
        for name, function in functions.items()
        if "EVENT_BUS" in function.get("Environment", {}).get("Variables", {})
    }
    assert may == know == set(TELLERS)
    [statement] = resources["TellEvents"]["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == (
        "events:PutEvents",
        {"Fn::GetAtt": ["Events", "Arn"]},
    )


def test_the_urgent_ones_of_our_events_go_to_their_topic_or_are_kept(resources: Json) -> None:
    rule = resources["UrgentEvents"]["Properties"]
    assert rule["EventBusName"] == {"Ref": "Events"}
    assert rule["State"] == "ENABLED"
    assert rule["EventPattern"] == {"source": [SOURCE], "detail": {"urgent": [True]}}
    [target] = rule["Targets"]
    assert target["Arn"] == {"Ref": "UrgentTopic"}
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["UrgentDeadLetters", "Arn"]}}
    assert any(kind.urgent for kind in KINDS.values())


def test_who_sends_text_messages_may_publish_to_phones_alone(resources: Json) -> None:
    allowed, denied = resources["SendTexts"]["Properties"]["PolicyDocument"]["Statement"]
    assert (allowed["Effect"], allowed["Action"], allowed["Resource"]) == ("Allow", "sns:Publish", "*")
    assert (denied["Effect"], denied["Action"]) == ("Deny", "sns:Publish")
    assert denied["Resource"] == {"Fn::Sub": "arn:${AWS::Partition}:sns:*:*:*"}
    may = [
        name
        for name, resource in resources.items()
        if {"Ref": "SendTexts"} in resource.get("Properties", {}).get("ManagedPolicyArns", [])
    ]
    assert may == ["AdvanceRole", "DeskRole"]


def test_the_topic_and_its_dead_letters_take_from_the_rule_alone(resources: Json) -> None:
    for name in ("UrgentTopicPolicy", "UrgentDeadLettersPolicy"):
        [statement] = resources[name]["Properties"]["PolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}, name
        assert statement["Condition"] == {
            "ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["UrgentEvents", "Arn"]}}
        }
