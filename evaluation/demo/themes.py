"""Everyday questions about oneself: invented texts. Pure."""

from evaluation.demo.theme import SELF, Theme

THEMES: tuple[Theme, ...] = (
    Theme(
        "TRAITEMENT",
        SELF,
        (25, 88),
        (
            "J'ai oublié mon comprimé du matin. Est-ce que je le prends maintenant, ou est-ce que "
            "j'attends demain ?",
            "Hier soir j'ai oublié mon médicament. Je ne sais pas si je dois en prendre deux "
            "aujourd'hui.",
        ),
        "Pouvez-vous me dire à quoi sert ce médicament, et à quelle heure vous le prenez "
        "d'habitude ?",
        (
            "C'est pour la tension. Je le prends au petit déjeuner, depuis trois ans.",
            "C'est pour le cholestérol, un comprimé le soir. Je n'ai rien d'autre.",
        ),
        "Ne doublez pas la prise. Prenez le comprimé suivant à l'heure habituelle, et notez les "
        "prises dans un pilulier si cela vous aide.",
        "Montrez votre ordonnance : on vous dira comment rattraper un oubli de ce traitement.",
    ),
    Theme(
        "TRAITEMENT",
        SELF,
        (18, 70),
        (
            "Je prends un antibiotique depuis deux jours et j'ai mal au ventre. Est-ce que je "
            "peux l'arrêter ?",
            "Mon antibiotique me donne des selles molles. Dois-je continuer jusqu'au bout ?",
        ),
        "Combien de fois par jour allez-vous à la selle ? Avez-vous de la fièvre, ou du sang ?",
        (
            "Trois fois hier, sans fièvre et sans sang. J'arrive à boire et à manger.",
            "Deux ou trois fois, rien d'autre. C'est surtout gênant au travail.",
        ),
        "Continuez jusqu'au bout, prenez-le pendant le repas et buvez souvent. Si la fièvre vient, "
        "s'il y a du sang, ou si cela dure, écrivez-nous ou voyez un médecin.",
        "Apportez la boîte : il faudra peut-être changer de médicament.",
    ),
    Theme(
        "ORDONNANCE",
        SELF,
        (30, 90),
        (
            "Mon ordonnance finit vendredi et mon médecin est en congé. Comment faire pour ne pas "
            "arrêter mon traitement ?",
            "Il me reste quatre jours de traitement et le prochain rendez-vous est dans trois "
            "semaines.",
        ),
        "Prenez-vous ce traitement depuis longtemps ? Votre pharmacie vous connaît-elle ?",
        (
            "Oui, depuis plus de deux ans, et toujours dans la même pharmacie.",
            "Oui, c'est le même depuis l'an dernier. La pharmacie a mes anciennes ordonnances.",
        ),
        "Allez à votre pharmacie avec la dernière ordonnance : pour un traitement suivi, le "
        "pharmacien peut souvent vous dépanner une fois. Prenez rendez-vous dès maintenant pour "
        "la suite.",
        "Prenez avec vous votre dernière ordonnance et la liste de vos médicaments.",
    ),
    Theme(
        "ORDONNANCE",
        SELF,
        (20, 75),
        (
            "J'ai perdu mon ordonnance de kinésithérapie. Faut-il revoir le médecin pour en avoir "
            "une autre ?",
            "Je ne retrouve plus l'ordonnance de mes séances. Que puis-je faire ?",
        ),
        "Qui l'a écrite, et combien de séances avez-vous déjà faites ?",
        (
            "Mon médecin, il y a trois semaines. J'ai fait deux séances.",
            "Le médecin de l'hôpital, le mois dernier. Je n'ai pas encore commencé.",
        ),
        "Appelez le secrétariat de ce médecin : il peut vous renvoyer un double, sans nouvelle "
        "visite. Regardez aussi dans Mon espace santé.",
        "Un double de l'ordonnance vous y sera remis.",
    ),
    Theme(
        "RESULTAT",
        SELF,
        (25, 80),
        (
            "J'ai reçu ma prise de sang. Une ligne est en gras pour le fer. Est-ce grave ?",
            "Dans mes résultats, la ferritine est plus basse que la norme. Je ne comprends pas.",
        ),
        "Qui a demandé cette prise de sang, et vous sentez-vous plus fatigué que d'habitude ?",
        (
            "Mon médecin, pour un contrôle. Un peu de fatigue, mais je travaille.",
            "C'était pour un bilan. Je me sens bien.",
        ),
        "Ce chiffre montre que vos réserves de fer sont un peu basses. Ce n'est pas une urgence : "
        "parlez-en à votre médecin au prochain rendez-vous. Ne prenez pas de fer sans avis.",
        "Apportez vos résultats, et les anciens si vous les avez.",
    ),
    Theme(
        "RESULTAT",
        SELF,
        (40, 85),
        (
            "Le compte rendu de ma radio du genou parle d'arthrose débutante. Qu'est-ce que cela "
            "veut dire pour moi ?",
            "Je viens de lire le compte rendu de ma radio et je ne comprends pas les mots.",
        ),
        "Avez-vous mal quand vous marchez, ou seulement dans les escaliers ?",
        (
            "Surtout dans les escaliers et le matin au lever.",
            "En marchant longtemps. Le soir, le genou est un peu raide.",
        ),
        "Cela veut dire que l'articulation s'use un peu, ce qui est fréquent. Continuez à bouger "
        "chaque jour, sans forcer. Votre médecin vous dira si des séances peuvent aider.",
        "Prenez la radio avec vous : on regardera ce qui peut vous soulager.",
    ),
    Theme(
        "SUIVI",
        SELF,
        (18, 85),
        (
            "On m'a retiré des fils il y a trois jours. La peau tire un peu, est-ce normal ?",
            "Ma cicatrice gratte depuis ce matin. Je n'ose pas enlever le pansement.",
        ),
        "Est-ce rouge, chaud, ou est-ce que cela coule ? Avez-vous de la fièvre ?",
        (
            "Non, c'est sec, juste un peu rose autour. Pas de fièvre.",
            "Rien ne coule. C'est propre, mais cela gratte.",
        ),
        "Une peau qui tire ou qui gratte un peu, c'est souvent le signe qu'elle se refait. Lavez à "
        "l'eau et au savon, séchez en tapotant, protégez du soleil. Si cela devient rouge et "
        "chaud, montrez-la.",
        "On regardera votre cicatrice et on refera le pansement.",
    ),
    Theme(
        "SUIVI",
        SELF,
        (20, 60),
        (
            "Je me suis tordu la cheville il y a une semaine. Je marche, mais elle gonfle le soir.",
            "Ma cheville va mieux depuis l'entorse. Quand puis-je reprendre la course ?",
        ),
        "Pouvez-vous faire quelques pas sans canne, et une radio a-t-elle été faite ?",
        (
            "Oui je marche sans aide. La radio était normale.",
            "Je marche bien. On m'a dit qu'une radio n'était pas utile.",
        ),
        "Le soir, surélevez la jambe et mettez du froid quinze minutes. Reprenez par la marche, "
        "puis la course quand vous n'avez plus mal. Un bandage n'est plus nécessaire.",
        "Des séances pour rendre la cheville plus solide vous seront proposées.",
    ),
    Theme(
        "PREVENTION",
        SELF,
        (60, 90),
        (
            "Est-ce que je peux faire le vaccin de la grippe et celui du covid le même jour ?",
            "J'ai reçu un bon pour le vaccin de la grippe. Où dois-je aller ?",
        ),
        "Avez-vous déjà mal réagi à un vaccin, et avez-vous de la fièvre en ce moment ?",
        (
            "Non, jamais, juste un bras un peu lourd. Je vais bien.",
            "Pas de souci les autres années. Pas de fièvre.",
        ),
        "Oui, les deux peuvent se faire le même jour, un dans chaque bras. Un pharmacien, un "
        "infirmier ou votre médecin peut vous vacciner avec votre bon.",
        "Le vaccin pourra y être fait, prenez votre bon.",
    ),
    Theme(
        "PREVENTION",
        SELF,
        (50, 74),
        (
            "J'ai reçu une lettre pour un test de dépistage à faire à la maison. Est-ce vraiment "
            "utile si je n'ai rien ?",
            "Je n'ai pas répondu à la lettre pour le dépistage l'an dernier. Est-ce trop tard ?",
        ),
        "Quelqu'un de votre famille a-t-il eu une maladie de l'intestin ?",
        (
            "Non, personne à ma connaissance.",
            "Je ne crois pas. Mes parents n'en ont jamais parlé.",
        ),
        "Oui, ce test cherche un signe avant que l'on sente quelque chose, et il n'est jamais trop "
        "tard. Demandez le kit à votre médecin ou à votre pharmacien : il est gratuit.",
        "On vous y remettra le kit et on vous montrera comment faire.",
    ),
    Theme(
        "CERTIFICAT",
        SELF,
        (18, 65),
        (
            "Mon club de marche me demande un certificat médical. Est-ce obligatoire ?",
            "Pour m'inscrire à la gymnastique, on me demande un certificat. Où le trouver ?",
        ),
        "Est-ce pour un loisir ou pour des compétitions ? Le club vous a-t-il donné un "
        "questionnaire ?",
        (
            "C'est un loisir. J'ai un questionnaire et j'ai répondu non partout.",
            "Juste pour le loisir, une fois par semaine. Pas de questionnaire.",
        ),
        "Pour un loisir, le questionnaire de santé suffit le plus souvent quand toutes les "
        "réponses sont non. Montrez-le au club : il vous dira s'il demande autre chose.",
        "Un examen simple y sera fait avant le certificat.",
    ),
    Theme(
        "QUI_CONSULTER",
        SELF,
        (20, 70),
        (
            "Mon médecin part à la retraite. Comment en trouver un autre près de chez moi ?",
            "Je viens de déménager et je n'ai plus de médecin. Par où commencer ?",
        ),
        "Suivez-vous un traitement en ce moment, et pouvez-vous vous déplacer ?",
        (
            "Un traitement pour la thyroïde. Oui, j'ai une voiture.",
            "Pas de traitement. Je me déplace en bus.",
        ),
        "Gardez votre dossier avec vous et demandez-le à votre ancien médecin. Votre caisse "
        "d'assurance maladie et la CPTS de votre territoire aident à trouver un médecin qui prend "
        "de nouveaux patients.",
        "Cette équipe vous aidera à trouver un médecin près de chez vous.",
    ),
    Theme(
        "QUI_CONSULTER",
        SELF,
        (18, 60),
        (
            "J'ai mal au dos depuis dix jours. Est-ce que je vois un kiné ou un médecin d'abord ?",
            "Mon dos me fait mal quand je reste assis. Qui dois-je consulter ?",
        ),
        "La douleur descend-elle dans la jambe ? Pouvez-vous marcher et dormir ?",
        (
            "Non, c'est seulement en bas du dos. Je dors à peu près bien.",
            "Elle reste dans le dos. Je marche, c'est mieux en bougeant.",
        ),
        "Continuez à bouger, avec de la chaleur sur le dos. Si la douleur dure plus "
        "de deux semaines encore, ou si elle descend dans la jambe, voyez votre médecin.",
        "Un examen du dos dira si des séances peuvent vous aider.",
    ),
    Theme(
        "QUESTION_SANTE",
        SELF,
        (18, 60),
        (
            "J'ai un rhume depuis quatre jours et je tousse la nuit. Que faire pour dormir ?",
            "Le nez bouché et une petite toux depuis lundi. Dois-je voir un médecin ?",
        ),
        "Avez-vous de la fièvre, ou du mal à respirer quand vous montez un escalier ?",
        (
            "Pas de fièvre, et je respire bien. C'est surtout la nuit.",
            "Une petite fièvre au début, plus maintenant. Je respire normalement.",
        ),
        "C'est le plus souvent un virus qui passe seul en dix jours. Lavez le nez, buvez chaud, "
        "aérez la chambre et dormez un peu relevé. Si la fièvre revient ou si le souffle manque, "
        "voyez un médecin.",
        "On écoutera vos poumons pour être tranquille.",
    ),
    Theme(
        "QUESTION_SANTE",
        SELF,
        (18, 55),
        (
            "Je dors mal depuis que j'ai changé de travail. Y a-t-il quelque chose à faire sans "
            "médicament ?",
            "Je me réveille à quatre heures toutes les nuits. Cela me fatigue beaucoup.",
        ),
        "Depuis quand, et comment vous sentez-vous dans la journée ?",
        (
            "Depuis un mois. Je manque d'énergie, mais le moral va.",
            "Trois semaines. Je m'énerve plus vite, sinon cela va.",
        ),
        "Gardez la même heure de lever, sortez à la lumière le matin, pas d'écran ni de café le "
        "soir. Si rien ne change dans trois semaines, ou si le moral baisse, parlez-en à un "
        "médecin.",
        "Vous pourrez y prendre le temps d'en parler.",
    ),
    Theme(
        "QUESTION_SANTE",
        SELF,
        (18, 50),
        (
            "Une tique m'a piqué dimanche, je l'ai retirée. Que dois-je surveiller ?",
            "J'ai trouvé une tique sur ma jambe après une balade. Est-ce que je risque quelque "
            "chose ?",
        ),
        "Y a-t-il une tache rouge qui s'agrandit autour de la piqûre ?",
        (
            "Non, juste un petit point rouge qui ne bouge pas.",
            "Un petit bouton, pas plus grand qu'hier.",
        ),
        "Désinfectez et prenez une photo aujourd'hui. Regardez la peau pendant un mois : si une "
        "tache rouge grandit, ou si vous avez de la fièvre, voyez un médecin.",
        "Montrez la piqûre : un traitement sera peut-être utile.",
    ),
)
