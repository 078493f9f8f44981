"""What an opportunity tells of the person: how they are reached."""

from lever_assets.lever.records import Opportunity, said
from lever_assets.mapping.rules.names import valid_email
from lever_assets.unified.parts import EmailAddress, PhoneNumber


def phone_numbers(opportunity: Opportunity) -> list[PhoneNumber]:
    """Return the person's phone numbers, in Lever's order."""
    return [
        {"phone_number": number, "type": said(phone.type)}
        for phone in opportunity.phones
        if (number := said(phone.value))
    ]


def email_addresses(opportunity: Opportunity) -> list[EmailAddress]:
    """Return the person's valid addresses, each once."""
    valid = [address for text in opportunity.emails if (address := valid_email(text))]
    return [{"email_address": address, "type": None} for address in dict.fromkeys(valid)]
