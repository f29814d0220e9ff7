"""What the provider reads when a client who has left is to be paid: no statement takes it off a fee."""

from __future__ import annotations

from collections.abc import Sequence

from makegood.mail.adjustment_letter import Correction
from makegood.mail.letters import Facts, Letter, Text, render_letter
from makegood.mail.message import Message
from makegood.mail.statement_closing import credit_to_pay
from makegood.mail.statement_month import Month
from makegood.rules.terms import Contract
from makegood.texts import one_line


def correction_payment(correction: Correction, told: Sequence[str]) -> Message:
    """The mail about a correction after the last statement; `told` are the client's addresses."""
    month, amount = correction.month, correction.amount
    return _letter(
        correction.contract,
        amount,
        what=f"{month} corrected after the contract's end",
        lead=(
            f"{month} was computed again after its statement was issued, and came to {amount} more for "
            "the client. Their contract has ended, so no statement follows that it could stand on."
        ),
        why=("What changed", correction.reason),
        told=told,
    )


def credit_payment(month: Month) -> Message | None:
    """The mail about the credit that a client's last statement ends with; None when it ends with none."""
    cents = credit_to_pay(month)
    if not cents:
        return None
    amount = month.money(cents)
    return _letter(
        month.contract,
        amount,
        what=f"the credit of the last statement, {month.name}",
        lead=(
            f"The statement for {month.name} is the client's last and ends with a credit of {amount}. "
            "Their contract has ended, so no fee follows that it could be taken off."
        ),
        why=("Which statement", month.name),
        told=month.contract.contacts.statements,
    )


def _letter(
    contract: Contract, amount: str, *, what: str, lead: str, why: tuple[str, str], told: Sequence[str]
) -> Message:
    client = one_line(contract.name, 60)
    return render_letter(
        Letter(
            subject=f"[{client}] pay {amount}: {what}",
            topic=f"{client} · payment due",
            tone="warn",
            headline=f"{amount} to be paid to {client}",
            lead=lead,
            blocks=(
                Facts(
                    "The payment",
                    (
                        ("To whom", f"{client} ({contract.client})"),
                        ("How much", amount),
                        why,
                        ("Told of it", ", ".join(told)),
                    ),
                ),
                Text("Makegood moves no money: please pay it. The client has been told that you do."),
            ),
            footer=("This mail is sent once for each payment.",),
        )
    )
