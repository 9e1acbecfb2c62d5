"""The closed danger questions of the door: data, in patients' words.

Pure. Ten questions, answered yes or no, come before the text field. A yes opens the list of the
concrete signs of that question (`messagerie.danger_signs`).
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Question:
    """One closed question. code: stored with the passage. text: the question. examples: a few
    concrete signs, to be read after « Par exemple »."""

    code: str
    text: str
    examples: str


QUESTIONS: tuple[Question, ...] = (
    Question(
        "RESPIRATION",
        _("Du mal à respirer, ou mal dans la poitrine\u00a0?"),
        _("étouffer, ne pas finir ses phrases, sentir un poids sur la poitrine"),
    ),
    Question(
        "MALAISE",
        _("Un malaise, une paralysie ou une crise\u00a0?"),
        _("perdre connaissance, ne plus bouger un bras, trembler de tout le corps"),
    ),
    Question(
        "ACCIDENT",
        _("Un accident, une brûlure, ou beaucoup de sang\u00a0?"),
        _("une chute, un coup sur la tête, du sang qui ne s'arrête pas, vomir du sang"),
    ),
    Question(
        "POISON",
        _("Une allergie forte, un produit avalé, un gaz ou une morsure\u00a0?"),
        _("le visage qui gonfle, trop de médicaments, une odeur de gaz, une vipère"),
    ),
    Question(
        "FIEVRE",
        _("De la fièvre avec un autre signe, ou un coup de chaleur\u00a0?"),
        _("des frissons, des taches sur la peau, la nuque raide, être confus"),
    ),
    Question(
        "DOULEUR",
        _("Une douleur très forte, ou la vue perdue d'un coup\u00a0?"),
        _("le ventre dur, un testicule, une jambe froide ou gonflée, un œil"),
    ),
    Question(
        "GROSSESSE",
        _("Une grossesse, avec un signe inquiétant\u00a0?"),
        _("saigner, perdre les eaux, ne plus sentir bouger le bébé"),
    ),
    Question(
        "BEBE",
        _("Un bébé qui a de la fièvre ou qui ne va pas bien\u00a0?"),
        _("moins de 3 mois et 38 °C, tout mou, ne boit plus"),
    ),
    Question(
        "MORAL",
        _("Envie de mourir, ou perdre le contrôle\u00a0?"),
        _("penser au suicide, avoir pris des médicaments pour mourir, entendre des voix"),
    ),
    Question(
        "VIOLENCE",
        _("Des coups, des violences ou du harcèlement\u00a0?"),
        _("dans le couple, sur un enfant, une agression sexuelle, une personne âgée"),
    ),
)
