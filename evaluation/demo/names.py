"""Fictitious names: first names that people bear, last names of birds, trees and shores. Pure."""

FIRST_NAMES = (
    "Adèle Amir Anaïs Antoine Aya Baptiste Béatrice Bilal Cécile Charles Chloé Clément Dalila "
    "Denis Diego Élise Émile Erwan Fanny Farid Florence Gabin Gaëlle Georges Habib Hélène Ibrahim "
    "Irène Ismaël Jade Jean Joël Julie Kenza Laurent Lina Loïc Louise Lucas Maëlle Malo Manon "
    "Marion Mehdi Mila Moussa Nathan Nolwenn Odette Omar Pauline Pierre Rachid Raymonde Rose "
    "Samira Sarah Simon Suzanne Théo Thérèse Victor Yasmine Yvette Zoé"
).split()
LAST_NAMES = (
    "Alizé Amandier Aubépine Bergeronnette Bleuet Bouleau Bourdon Buisson Campagne Cerisier Chêne "
    "Cigogne Colline Corail Coquelicot Églantine Embruns Étang Falaise Fauvette Figuier Flamboyant "
    "Fougère Galet Genêt Grillon Héron Houx Jasmin Joncs Lagune Libellule Loriot Marée Mimosa "
    "Mistral Moineau Mouette Noisetier Palmier Pinède Pinson Platane Ravine Ruisseau Sarcelle "
    "Sauge Saule Sittelle Source Tamaris Tilleul Vallon Vanille Verger Zéphyr"
).split()


def first_name(number: int) -> str:
    return FIRST_NAMES[number % len(FIRST_NAMES)]


def last_name(number: int) -> str:
    return LAST_NAMES[number % len(LAST_NAMES)]


def patient_first_name(number: int) -> str:
    """First name of a patient of the history."""
    return first_name(number * 13 + 1)


def patient_last_name(number: int) -> str:
    """Last name of a patient of the history."""
    return last_name(number * 17 + number // len(LAST_NAMES))
