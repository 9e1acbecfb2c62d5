"""Everyday questions about a child or a relative, and about pregnancy: invented texts. Pure."""

from evaluation.demo.theme import CHILD, FATHERS, HELPED, MOTHERS, SELF, SONS, WOMEN, Theme

MORE_THEMES: tuple[Theme, ...] = (
    Theme(
        "QUESTION_SANTE",
        CHILD,
        (1, 9),
        (
            "{name} a de petits boutons sur les bras depuis hier. Cela gratte. Peut-il aller "
            "à l'école ?",
            "Des boutons rouges sont sortis sur le ventre de {name}. Il joue comme d'habitude.",
        ),
        "{name} a-t-il de la fièvre ? Les boutons disparaissent-ils quand vous appuyez dessus ?",
        (
            "Pas de fièvre. Oui, ils pâlissent quand j'appuie.",
            "Non, pas de fièvre. Ils deviennent blancs puis reviennent.",
        ),
        "S'il joue, mange et n'a pas de fièvre, vous pouvez attendre. Coupez les ongles courts, "
        "lavez à l'eau tiède. Si la fièvre vient, ou si les taches ne pâlissent plus, appelez le "
        "15 tout de suite.",
        "On regardera la peau de {name} et on vous dira pour l'école.",
        SONS,
    ),
    Theme(
        "QUESTION_SANTE",
        CHILD,
        (1, 6),
        (
            "{name} a vomi deux fois cette nuit. Ce matin il boit un peu. Que puis-je lui donner ?",
            "Gastro à la maison : {name} ne veut pas manger. Est-ce inquiétant ?",
        ),
        "Combien de fois {name} a-t-il fait pipi depuis ce matin ? Est-il réveillé et présent ?",
        (
            "Deux fois. Il regarde un livre, il est un peu pâle.",
            "Une fois ce matin et une fois à midi. Il répond bien.",
        ),
        "Donnez de petites gorgées toutes les cinq minutes, avec une solution de réhydratation de "
        "la pharmacie. Il mangera quand il aura faim. S'il ne boit plus, s'il dort trop, ou s'il "
        "y a du sang, appelez le 15.",
        "Pesez {name} avant de partir, cela aidera.",
        SONS,
    ),
    Theme(
        "PREVENTION",
        CHILD,
        (0, 2),
        (
            "{name} a eu un vaccin hier et sa cuisse est rouge. Que faire ?",
            "Après le vaccin, {name} pleure plus que d'habitude. Est-ce normal ?",
        ),
        "{name} a-t-il de la fièvre, et boit-il comme d'habitude ?",
        (
            "Un peu chaud hier soir, plus ce matin. Les biberons sont finis.",
            "Pas de fièvre, il boit bien.",
        ),
        "Une rougeur et un bébé grognon pendant deux jours, c'est fréquent. Un linge frais sur la "
        "cuisse et des bras aident. Si la fièvre dure ou si {name} boit mal, montrez-le.",
        "On regardera la cuisse de {name} et on notera la réaction.",
        SONS,
    ),
    Theme(
        "CERTIFICAT",
        CHILD,
        (3, 15),
        (
            "La cantine demande un papier pour l'allergie de {name}. Qui le fait ?",
            "L'école veut un certificat : {name} a manqué trois jours. Est-ce obligatoire ?",
        ),
        "Un médecin a-t-il déjà suivi {name} pour cela ?",
        (
            "Oui, notre médecin, il y a deux ans.",
            "Pas encore, c'était un gros rhume.",
        ),
        "Pour une absence simple, un mot de votre main suffit le plus souvent. Pour une allergie, "
        "l'école prépare avec vous et le médecin un projet d'accueil : demandez-le à la direction.",
        "Apportez le papier de l'école : il y sera rempli.",
        SONS,
    ),
    Theme(
        "TRAITEMENT",
        CHILD,
        (2, 12),
        (
            "{name} recrache son sirop. Est-ce que je lui redonne une dose ?",
            "{name} refuse son médicament du soir. Comment faire ?",
        ),
        "Combien de temps après la prise l'a-t-il recraché ?",
        (
            "Tout de suite, presque tout.",
            "Au bout d'une demi-heure environ.",
        ),
        "S'il a presque tout recraché tout de suite, vous pouvez redonner la dose une seule fois. "
        "Après une demi-heure, attendez la prise suivante. Un peu de compote aide à l'avaler.",
        "Une autre forme du médicament pourra lui être donnée.",
        SONS,
    ),
    Theme(
        "QUI_CONSULTER",
        CHILD,
        (4, 14),
        (
            "{name} plisse les yeux devant le tableau. Faut-il un ophtalmologue ou un opticien ?",
            "La maîtresse pense que {name} entend mal. Qui peut vérifier ?",
        ),
        "Est-ce nouveau, et a-t-il mal à la tête ou à l'oreille ?",
        (
            "Depuis la rentrée. Un peu mal à la tête le soir.",
            "Quelques semaines. Pas de douleur.",
        ),
        "Ce n'est pas urgent. Commencez par votre médecin ou par le médecin scolaire : un premier "
        "test se fait en quelques minutes, et il vous dira s'il faut aller plus loin.",
        "Un premier test y sera fait pour {name}.",
        SONS,
    ),
    Theme(
        "SUIVI",
        HELPED,
        (70, 95),
        (
            "Ma mère {name} rentre de l'hôpital. Personne ne nous a dit qui vient pour les "
            "pansements.",
            "{name}, ma mère, est sortie hier. L'ordonnance parle d'un infirmier à domicile.",
        ),
        "Avez-vous l'ordonnance de sortie, et quelqu'un est-il près d'elle aujourd'hui ?",
        (
            "Oui j'ai l'ordonnance, et je reste chez elle cette semaine.",
            "L'ordonnance est là. Ma sœur passe matin et soir.",
        ),
        "Appelez un cabinet infirmier de sa commune avec l'ordonnance : le premier passage peut "
        "se faire demain. Gardez le compte rendu de sortie près du lit pour eux.",
        "Cette équipe trouvera un infirmier pour {name}.",
        MOTHERS,
    ),
    Theme(
        "TRAITEMENT",
        HELPED,
        (72, 96),
        (
            "Mon père {name} mélange ses boîtes de médicaments. Comment l'aider ?",
            "{name} a beaucoup de comprimés et se trompe parfois. Que me conseillez-vous ?",
        ),
        "Combien de médicaments prend-il, et vit-il seul ?",
        (
            "Huit par jour. Il vit seul, je passe le dimanche.",
            "Six ou sept. Une aide vient le matin.",
        ),
        "Demandez à sa pharmacie un bilan de ses médicaments et un pilulier de la semaine. Un "
        "infirmier peut aussi passer, sur ordonnance. Rangez les vieilles boîtes ailleurs.",
        "On y fera le point sur tous les médicaments de {name}.",
        FATHERS,
    ),
    Theme(
        "QUESTION_SANTE",
        HELPED,
        (75, 97),
        (
            "{name} mange très peu depuis deux semaines. Elle dit qu'elle n'a pas faim.",
            "Ma mère {name} a maigri ce mois-ci. Je ne sais pas si je dois m'inquiéter.",
        ),
        "Boit-elle assez, et a-t-elle mal à la bouche ou aux dents ?",
        (
            "Elle boit un peu. Son dentier la gêne.",
            "Pas de douleur. Elle mange seule et s'ennuie.",
        ),
        "Proposez de petits repas, souvent, qu'elle aime bien, avec du fromage ou un œuf. Pesez-la "
        "une fois par semaine. Un rendez-vous dans les jours qui viennent est utile pour "
        "comprendre.",
        "Notez son poids et ce qu'elle mange pendant trois jours.",
        MOTHERS,
    ),
    Theme(
        "QUI_CONSULTER",
        HELPED,
        (68, 95),
        (
            "{name} ne peut plus se déplacer. Existe-t-il un médecin qui vient à la maison ?",
            "Mon père {name} est tombé malade loin de chez lui. Qui peut le voir ici ?",
        ),
        "Dans quelle commune est-il, et a-t-il un médecin traitant ?",
        (
            "Chez moi, dans le même département. Son médecin est loin.",
            "Ici depuis un mois. Il en a un, mais il ne se déplace pas.",
        ),
        "Un médecin du territoire peut le voir pendant son séjour, sans changer de médecin "
        "traitant. Gardez ses ordonnances et sa carte à portée de main.",
        "On y cherchera pour {name} un médecin qui se déplace.",
        FATHERS,
    ),
    Theme(
        "SUIVI",
        SELF,
        (22, 42),
        (
            "Je suis enceinte de quatre mois et je n'ai pas encore vu de sage-femme. Est-ce tard ?",
            "Premier bébé : à quel moment faut-il s'inscrire aux cours de préparation ?",
        ),
        "Vos examens du début ont-ils été faits, et vous sentez-vous bien ?",
        (
            "Oui, la prise de sang et une échographie. Je suis juste fatiguée.",
            "Tout est fait. Je me sens bien.",
        ),
        "Ce n'est pas trop tard. Prenez rendez-vous avec une sage-femme ce mois-ci : un entretien "
        "est prévu pour vous, et elle vous dira comment s'inscrire aux séances.",
        "Une sage-femme de l'équipe vous recevra.",
        WOMEN,
    ),
    Theme(
        "PREVENTION",
        SELF,
        (18, 35),
        (
            "Je pars en voyage dans un pays chaud. Où savoir quels vaccins je dois faire ?",
            "Je ne retrouve plus mon carnet de vaccination. Comment savoir où j'en suis ?",
        ),
        "Quand partez-vous, et avez-vous une maladie ou un traitement ?",
        (
            "Dans deux mois. Rien de particulier.",
            "Je ne pars pas, c'est pour le travail. Pas de traitement.",
        ),
        "Deux mois suffisent. Un centre de vaccination, un pharmacien ou votre médecin peut faire "
        "le point. Si le carnet est perdu, on repart des vaccins notés dans Mon espace santé.",
        "Le point sur vos vaccins y sera fait.",
    ),
)
