"""The concrete signs behind the closed danger questions: data, in patients' words.

Pure. Each sign is one family of the danger sign catalogue (`RF01` to `RF38`), with its own first
number and its own fixed instruction. Nothing ranks the signs: the person says yes or no, a fixed
text answers. A regulating physician must validate the list before the service opens.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Sign:
    """One declared sign.

    code: family of the catalogue. question_code: the question that opens it. label: the sign in
    patients' words. number: code of the first number to call. other_numbers: codes shown after.
    other_places: places to call instead, in words. instruction: the fixed text, the same for
    everybody.
    """

    code: str
    question_code: str
    label: str
    number: str
    other_numbers: tuple[str, ...]
    instruction: str
    other_places: tuple[str, ...] = ()


_SAMU = ("112", "114")
_SAMU_OR_FIRE = ("18", "112", "114")


def _samu(
    code: str,
    question_code: str,
    label: str,
    instruction: str,
    *,
    others: tuple[str, ...] = _SAMU,
    places: tuple[str, ...] = (),
) -> Sign:
    """A sign whose first number is 15."""
    return Sign(code, question_code, label, "15", others, instruction, places)


_SIGNS = (
    _samu(
        "RF03",
        "RESPIRATION",
        _("Du mal à respirer, même sans bouger\u00a0; lèvres bleues\u00a0; crise d'asthme"),
        _("Appelez le 15. Restez assis, le dos droit. Ne vous allongez pas."),
    ),
    _samu(
        "RF01",
        "RESPIRATION",
        _("Mal dans la poitrine, comme un poids, parfois dans le bras ou la mâchoire"),
        _("Appelez le 15 maintenant. Asseyez-vous, ne faites pas d'effort, ne conduisez pas."),
    ),
    _samu(
        "RF30",
        "RESPIRATION",
        _("Quelque chose coincé dans la gorge, ou une pile bouton avalée"),
        _(
            "Si la personne ne peut plus respirer ni parler\u00a0: tapes dans le dos, puis"
            " compressions du ventre, et appelez le 15. Pour une pile avalée, appelez le 15"
            " tout de suite, même si tout semble aller bien."
        ),
        others=("112", "114", "0145425959"),
    ),
    _samu(
        "RF12",
        "MALAISE",
        _("Perte de connaissance, ou personne qui ne répond plus ou ne respire plus"),
        _(
            "Appelez le 15. Si la personne ne respire pas, commencez un massage cardiaque\u00a0:"
            " on vous guide au téléphone."
        ),
        others=_SAMU_OR_FIRE,
    ),
    _samu(
        "RF02",
        "MALAISE",
        _("Visage de travers, bras ou jambe sans force, ou mal à parler, d'un coup"),
        _("Appelez le 15, même si c'est passé. Notez l'heure où cela a commencé."),
    ),
    _samu(
        "RF13",
        "MALAISE",
        _("Crise avec des secousses de tout le corps (convulsions, épilepsie)"),
        _(
            "Appelez le 15. Écartez ce qui peut blesser. Ne mettez rien dans la bouche,"
            " ne bloquez pas les gestes."
        ),
    ),
    _samu(
        "RF16",
        "MALAISE",
        _("Mal de tête très violent, venu d'un coup"),
        _("Appelez le 15. Restez au calme et ne restez pas seul."),
    ),
    _samu(
        "RF28",
        "MALAISE",
        _("Diabète avec un sucre très bas ou très haut, ou une personne confuse"),
        _(
            "Appelez le 15. Si le sucre est bas et que la personne est bien réveillée,"
            " donnez-lui du sucre. Sinon, rien par la bouche."
        ),
    ),
    _samu(
        "RF11",
        "ACCIDENT",
        _("Beaucoup de sang qui coule, ou du sang qui ne s'arrête pas"),
        _("Appuyez fort sur la plaie avec un tissu, sans relâcher. Appelez le 15 ou le 18."),
        others=_SAMU_OR_FIRE,
    ),
    _samu(
        "RF26",
        "ACCIDENT",
        _("Vomir du sang, ou des selles noires comme du goudron ou pleines de sang"),
        _("Appelez le 15. Ne restez pas seul."),
    ),
    _samu(
        "RF22",
        "ACCIDENT",
        _("Coup sur la tête, avec vomissement, perte de connaissance, ou chez un bébé"),
        _(
            "Appelez le 15, surtout si la personne a perdu connaissance, vomit, prend un"
            " médicament qui fluidifie le sang, ou si c'est un bébé."
        ),
    ),
    _samu(
        "RF23",
        "ACCIDENT",
        _("Accident grave, grande chute, plaie profonde, os visible ou doigt coupé"),
        _("Appelez le 15 ou le 18. Ne déplacez pas la personne. Couvrez-la."),
        others=_SAMU_OR_FIRE,
    ),
    _samu(
        "RF24",
        "ACCIDENT",
        _("Brûlure étendue, au visage ou par un produit, ou chez un enfant"),
        _(
            "Faites couler de l'eau tempérée sur la brûlure, puis appelez le 15 ou le 18."
            " N'arrachez pas les vêtements collés."
        ),
        others=_SAMU_OR_FIRE,
    ),
    _samu(
        "RF36",
        "ACCIDENT",
        _("Noyade, ou décharge électrique"),
        _(
            "Appelez le 15 ou le 18, même si la personne va mieux. Coupez le courant avant de"
            " la toucher."
        ),
        others=_SAMU_OR_FIRE,
    ),
    _samu(
        "RF04",
        "POISON",
        _("Allergie forte\u00a0: visage ou langue qui gonfle, gorge qui serre, plaques partout"),
        _(
            "Utilisez le stylo d'adrénaline si un médecin vous en a donné un. Appelez le 15"
            " tout de suite après."
        ),
    ),
    _samu(
        "RF17",
        "POISON",
        _("Trop de médicaments, ou un produit, une plante ou un champignon avalé"),
        _(
            "Appelez le 15 s'il y a un malaise ou un autre signe, sinon le centre antipoison."
            " Ne faites pas vomir, ne donnez rien à boire, gardez l'emballage."
        ),
        others=("0145425959", "112", "114"),
    ),
    Sign(
        "RF18",
        "POISON",
        _("Odeur de gaz, détecteur qui sonne, ou plusieurs malades dans un lieu chauffé"),
        "18",
        ("15", "112", "114"),
        _(
            "Ouvrez les fenêtres, sortez tous, puis appelez le 18 ou le 15 depuis dehors."
            " N'allumez ni lumière ni flamme."
        ),
    ),
    _samu(
        "RF35",
        "POISON",
        _("Morsure de serpent ou d'animal, ou piqûre dans la bouche"),
        _("Appelez le 15. Restez calme et bougez le moins possible."),
        others=("0145425959", "112", "114"),
    ),
    _samu(
        "RF05",
        "FIEVRE",
        _("Fièvre avec frissons, confusion, mains froides ou peau marbrée"),
        _("Appelez le 15. Ne restez pas seul en attendant."),
    ),
    _samu(
        "RF06",
        "FIEVRE",
        _("Fièvre avec la nuque raide, ou des taches rouges ou violettes qui restent"),
        _("Appelez le 15 sans attendre. Dites si des taches apparaissent sur la peau."),
    ),
    _samu(
        "RF34",
        "FIEVRE",
        _("Fièvre pendant une chimiothérapie, après une greffe, ou avec peu de défenses"),
        _(
            "Appelez tout de suite le 15, ou le service de l'hôpital qui suit votre traitement."
            " Dites le nom de ce traitement."
        ),
        places=(_("le service de l'hôpital qui suit le traitement"),),
    ),
    _samu(
        "RF29",
        "FIEVRE",
        _("Coup de chaleur\u00a0: corps très chaud et personne confuse, après la chaleur"),
        _("Appelez le 15. Mettez la personne à l'ombre, mouillez sa peau, faites de l'air."),
    ),
    _samu(
        "RF25",
        "DOULEUR",
        _("Mal au ventre insupportable, ventre dur, ou mal avec fièvre et vomissements"),
        _("Appelez le 15. Ne mangez pas et ne buvez pas en attendant."),
    ),
    _samu(
        "RF14",
        "DOULEUR",
        _("Douleur soudaine dans un testicule"),
        _("Appelez le 15, ou allez aux urgences maintenant. Chaque heure compte."),
        places=(_("les urgences de l'hôpital"),),
    ),
    _samu(
        "RF27",
        "DOULEUR",
        _("Mal au dos avec des jambes qui lâchent, ou sans sentir quand on urine"),
        _("Appelez le 15, ou allez aux urgences. Ne conduisez pas vous-même."),
        places=(_("les urgences de l'hôpital"),),
    ),
    _samu(
        "RF31",
        "DOULEUR",
        _("Jambe ou bras froid et blanc, ou mollet gonflé, dur et chaud"),
        _("Appelez le 15. Restez au repos, ne marchez pas."),
    ),
    _samu(
        "RF15",
        "DOULEUR",
        _("Ne plus voir d'un œil d'un coup, œil très douloureux, ou produit dans l'œil"),
        _("Produit dans l'œil\u00a0: rincez à l'eau pendant 15 minutes. Appelez le 15."),
    ),
    _samu(
        "RF09",
        "GROSSESSE",
        _(
            "Enceinte\u00a0: du sang, perte des eaux, fort mal de tête ou de ventre,"
            " bébé qui ne bouge plus"
        ),
        _("Appelez tout de suite le 15 ou votre maternité. Dites à combien de mois vous êtes."),
        places=(_("votre maternité"),),
    ),
    _samu(
        "RF10",
        "BEBE",
        _("Bébé de moins de 3 mois, avec 38 °C ou plus"),
        _(
            "Il faut un avis médical tout de suite\u00a0: appelez le 15, ou allez aux urgences"
            " pour enfants."
        ),
    ),
    _samu(
        "RF33",
        "BEBE",
        _("Bébé tout mou, difficile à réveiller, qui ne boit plus ou vomit vert"),
        _("Appelez le 15. Gardez le bébé près de vous."),
    ),
    Sign(
        "RF07",
        "MORAL",
        _("Penser au suicide, avoir envie de mourir"),
        "3114",
        ("15", "112", "114"),
        _(
            "Appelez le 3114\u00a0: c'est gratuit, jour et nuit, et on vous écoute."
            " Si le danger est immédiat, appelez le 15."
        ),
    ),
    _samu(
        "RF08",
        "MORAL",
        _("Un geste pour mourir vient d'être fait, ou est en train d'être fait"),
        _("Appelez le 15 maintenant. Ne restez pas seul, ou ne laissez pas la personne seule."),
        others=("112", "114", "3114"),
    ),
    _samu(
        "RF32",
        "MORAL",
        _("Entendre des voix, se sentir suivi, menacer, être très agité"),
        _("Appelez le 15. Si la personne menace quelqu'un, mettez-vous à l'abri et appelez le 17."),
        others=("17", "3114", "114"),
    ),
    Sign(
        "RF19",
        "VIOLENCE",
        _("Coups ou menaces dans le couple"),
        "17",
        ("3919", "114"),
        _(
            "En danger\u00a0: appelez le 17, ou envoyez un SMS au 114 sans parler."
            " Pour en parler\u00a0: le 3919."
        ),
    ),
    Sign(
        "RF21",
        "VIOLENCE",
        _("Viol ou agression sexuelle, ou soupçon d'avoir été drogué"),
        "17",
        ("15", "3919", "114"),
        _(
            "En danger\u00a0: appelez le 17. Pour des soins urgents\u00a0: le 15."
            " Pour en parler\u00a0: le 3919."
        ),
    ),
    Sign(
        "RF20",
        "VIOLENCE",
        _("Un enfant frappé, secoué, touché ou enfermé"),
        "119",
        ("17", "114"),
        _(
            "Appelez le 119, jour et nuit. Un enfant peut appeler lui-même."
            " Si le danger est maintenant, appelez le 17."
        ),
    ),
    Sign(
        "RF37",
        "VIOLENCE",
        _("Une personne âgée ou handicapée maltraitée"),
        "3977",
        ("17", "114"),
        _("Appelez le 3977 pour en parler. Si le danger est maintenant, appelez le 17."),
    ),
    Sign(
        "RF38",
        "VIOLENCE",
        _("Un enfant ou un adolescent harcelé, à l'école ou sur internet"),
        "3018",
        ("119", "17", "114"),
        _(
            "Appelez le 3018 pour en parler. Si l'enfant est en danger maintenant, appelez le 17"
            " ou le 119."
        ),
    ),
)

SIGNS: dict[str, Sign] = {row.code: row for row in _SIGNS}
