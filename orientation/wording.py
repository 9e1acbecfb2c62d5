"""What the patient reads about an orientation: plain sentences, marked for translation."""

from django.utils.translation import gettext as _

from orientation.rules import LAST_RESORT
from orientation.situation import Destination, Proposal


def patient_sentence(proposal: Proposal, *, chosen_by_professional: bool = False) -> str:
    """Who to go to and why, in short French sentences that stay true whatever the rule.

    proposal: the one accepted, or one built from the place that the professional chose instead;
    then `chosen_by_professional` is True and the sentence says so. Returns plain text.
    """
    sentences = [_where(proposal)]
    if chosen_by_professional:
        sentences.append(_("Le professionnel qui vous répond a choisi ce lieu pour vous."))
    return " ".join(sentences)


def _where(proposal: Proposal) -> str:
    name = proposal.structure_name
    match proposal.destination:
        case Destination.NUMBER if proposal.rule_id == LAST_RESORT:
            return _(
                "Appelez le %(number)s. Nous ne connaissons pas d'autre lieu pour votre commune."
            ) % {"number": proposal.number}
        case Destination.NUMBER:
            return _("Appelez le %(number)s maintenant. Vous avez indiqué un signe de danger.") % {
                "number": proposal.number
            }
        case Destination.MEDECIN_TRAITANT:
            return _(
                "Prenez contact avec votre médecin traitant. Il vous connaît et suit votre dossier."
            )
        case Destination.OTHER_PROFESSIONAL:
            return _(
                "Prenez contact avec %(name)s. Ce lieu reçoit des patients de votre territoire."
            ) % {"name": name or _("le lieu indiqué")}
        case Destination.CPTS:
            return _(
                "Prenez contact avec %(name)s. Ces soignants travaillent ensemble et leur"
                " territoire comprend votre commune."
            ) % {"name": name or _("la CPTS de votre territoire")}
        case Destination.SAS:
            return _(
                "Appelez %(name)s. Ce service de votre département vous aide à trouver un soignant"
                " qui peut vous recevoir."
            ) % {"name": name or _("le service d'accès aux soins")}
