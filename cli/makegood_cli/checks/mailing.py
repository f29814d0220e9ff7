"""Can mails leave: sender, signature, sandbox, what SES reports, its rate against the mails of a bad day."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parseaddr
from typing import Any, Final

from botocore.exceptions import ClientError

from makegood.settings import settings
from makegood_cli.checks.fleet import mails_of_a_day, notices_at_once, statements_at_once
from makegood_cli.checks.looking import Check, Clinic, Finding, Note, Seen, is_no_operation

REPORTED: Final = {"DELIVERY", "BOUNCE", "COMPLAINT", "REJECT"}
UNLIMITED: Final = -1
HEALTHY: Final = "HEALTHY"
FOUND: Final = "SUCCESS"
_MORE: Final = "ask AWS for more (Service Quotas, Amazon SES)"


def sender(clinic: Clinic) -> Iterator[Seen]:
    """An address, its domain or a domain above it must be verified."""
    address = _sender()
    domain = address.rpartition("@")[2]
    known = _identities(clinic, address)
    verified = [name for name, found in known.items() if found.get("VerifiedForSendingStatus")]
    if verified:
        yield Note(f"{verified[0]} is verified in {clinic.region}, so {address} may send")
    elif known:
        yield Finding(
            address,
            f"SES knows {', '.join(known)}, but it is not verified, so no mail leaves",
            "publish the DNS records, or follow the link in the mail, that SES gave for it",
        )
    else:
        yield Finding(
            address,
            f"SES in {clinic.region} knows neither it nor {domain}, so no mail leaves",
            f"aws sesv2 create-email-identity --email-identity {domain}, then publish the records it answers",
        )


def signature(clinic: Clinic) -> Iterator[Seen]:
    """DKIM and the MAIL FROM domain (which SPF is about), as SES finds their records in the DNS."""
    known = _identities(clinic, _sender())
    own = [
        name for name, found in known.items() if _dkim(found).get("Status", "NOT_STARTED") != "NOT_STARTED"
    ]
    for name in [*own, *known][:1]:
        yield from _signed(name, _dkim(known[name]))
        yield from _mail_from(name, known[name].get("MailFromAttributes", {}))


def account(clinic: Clinic) -> Iterator[Seen]:
    """Out of the sandbox, and not stopped by AWS or by hand."""
    found = clinic.aws("sesv2").get_account()
    if not found.get("ProductionAccessEnabled", False):
        yield Finding(
            f"SES in {clinic.region}",
            "the account is in the sandbox: mails reach verified addresses alone, so clients hear nothing",
            "ask for production access (SES console, Account dashboard, or aws sesv2 put-account-details)",
        )
    if not found.get("SendingEnabled", True):
        yield Finding(
            f"SES in {clinic.region}",
            "sending is switched off for the whole account",
            "aws sesv2 put-account-sending-attributes --sending-enabled, once its cause is mended",
        )
    status = found.get("EnforcementStatus", HEALTHY)
    if status != HEALTHY:
        yield Finding(
            f"SES in {clinic.region}",
            f"AWS has put the account under {status.lower()}, for bounces or complaints",
            "read SES's reputation dashboard and answer AWS's case; mend contacts (makegood contact check)",
        )


def reports(clinic: Clinic) -> Iterator[Seen]:
    """What becomes of mails comes back through the configuration set."""
    ses, name = clinic.aws("sesv2"), settings().configuration_set
    found = ses.get_configuration_set(ConfigurationSetName=name)
    if not found.get("SendingOptions", {}).get("SendingEnabled", True):
        yield Finding(
            f"configuration set {name}",
            "sending is switched off for it",
            "aws sesv2 put-configuration-set-sending-options --sending-enabled "
            f"--configuration-set-name {name}",
        )
    listed = ses.get_configuration_set_event_destinations(ConfigurationSetName=name)["EventDestinations"]
    topic = clinic.outputs.get("MailEventsTopicArn")
    ours = [each for each in listed if each.get("SnsDestination", {}).get("TopicArn") == topic]
    reported = {kind for each in ours if each["Enabled"] for kind in each["MatchingEventTypes"]}
    if unreported := REPORTED - reported:
        missing = ", ".join(sorted(kind.lower() for kind in unreported))
        yield Finding(
            f"configuration set {name}",
            f"SES reports no {missing}, so nobody learns whether clients were told",
            "deploy the stack again, or switch its event destination mail-events on",
        )


def rate(clinic: Clinic) -> Iterator[Seen]:
    """Notices of an outage at each client and the statements of one hour have half of SES's rate each."""
    quota = clinic.aws("sesv2").get_account()["SendQuota"]
    per_second = quota["MaxSendRate"]
    if per_second == UNLIMITED:
        yield Note("SES sends as many mails a second as there are")
        return
    reckoned = clinic.parameter("SendingRate")
    if reckoned is not None and float(reckoned) > per_second:
        yield Finding(
            f"stack {clinic.stack}",
            f"it reckons with {reckoned} mails a second (SendingRate), but SES takes {per_second:g}",
            f"deploy with SendingRate={max(int(per_second), 1)}, or {_MORE}",
        )
    for need in (notices_at_once(clinic), statements_at_once(clinic)):
        half = f"{need.told}; half of SES's {per_second:g} a second is theirs"
        if 2 * need.count > per_second * need.seconds:
            took = f", which takes {2 * need.count / per_second:,.0f} s"
            yield Finding(f"SES in {clinic.region}", half + took, f"{_MORE}; or spread the statements' hours")
        elif need.count:
            yield Note(half)


def daily(clinic: Clinic) -> Iterator[Seen]:
    """The mails of the worst day against what SES sends in 24 hours."""
    quota, need = clinic.aws("sesv2").get_account()["SendQuota"], mails_of_a_day(clinic)
    most, sent = quota["Max24HourSend"], quota.get("SentLast24Hours", 0)
    if most != UNLIMITED and need.count > most - sent:
        yield Finding(
            f"SES in {clinic.region}",
            f"{need.told}; SES sends {most:,.0f} in 24 hours, of which {max(most - sent, 0):,.0f} are left",
            _MORE,
        )
    else:
        yield Note(
            f"{need.told}; SES sends {'any number' if most == UNLIMITED else f'{most:,.0f}'} in 24 hours"
        )


def _signed(name: str, dkim: dict[str, Any]) -> Iterator[Seen]:
    status = dkim.get("Status", "NOT_STARTED")
    if status != FOUND:
        yield Finding(
            name,
            f"SES does not find its DKIM records ({status.lower()}), so mails leave unsigned and may be "
            "taken for spam",
            "publish the three CNAME records of aws sesv2 get-email-identity --email-identity "
            f"{name.rpartition('@')[2]} (docs/deploy.md)",
        )
    elif not dkim.get("SigningEnabled"):
        yield Finding(
            name,
            "its DKIM is switched off, so mails leave unsigned and may be taken for spam",
            f"aws sesv2 put-email-identity-dkim-attributes --email-identity {name} --signing-enabled",
        )
    else:
        yield Note(f"mails are signed for {name}")


def _mail_from(name: str, found: dict[str, Any]) -> Iterator[Seen]:
    """Without one bounces go to a domain of SES, and receivers go by DKIM alone."""
    domain, status = found.get("MailFromDomain"), found.get("MailFromDomainStatus", FOUND)
    if domain and status != FOUND:
        yield Finding(
            name,
            f"SES does not find the records of its MAIL FROM domain {domain} ({status.lower()}), so SPF does "
            "not speak for the sender",
            f"publish the records MX and TXT of {domain} (docs/deploy.md)",
        )
    elif domain:
        yield Note(f"bounces go to {domain}")


def _dkim(identity: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = identity.get("DkimAttributes", {})
    return found


def _sender() -> str:
    return parseaddr(settings().sender)[1] or settings().sender


def _identities(clinic: Clinic, address: str) -> dict[str, dict[str, Any]]:
    """What SES knows of the address, its domain and those above it, the narrowest first."""
    labels = address.rpartition("@")[2].split(".")
    names = [address, *(".".join(labels[start:]) for start in range(len(labels) - 1))]
    return {name: found for name in names if (found := _identity(clinic, name)) is not None}


def _identity(clinic: Clinic, name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = clinic.aws("sesv2").get_email_identity(EmailIdentity=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException" or is_no_operation(error):
            raise
        return None
    return found


CHECKS: Final = (
    Check("sender verified", sender),
    Check("sender signed", signature),
    Check("SES account", account),
    Check("events of mails", reports),
    Check("SES rate", rate),
    Check("SES daily quota", daily),
)
