"""Pools of invented names, varied enough to find what breaks on a real roster: accents, hyphens,
apostrophes, spaces, one-letter and very long names. No real people.
"""

import re
import unicodedata
from random import Random

_FIRST = """
Aaliyah Aarav Abigail Adrián Aiko Aisha Alejandro Alina Amara Amelia Amir Ana Anders André
Anh Anika Antonio Ari Ava Axel Beatriz Ben Bianca Björn Brooke Bryn Caleb Camila Carlos Carmen
Chloé Clara Connor Daisy Dakota Daniela David Deja Demetrius Diego Dmitri Eleanor Elena Eli
Elías Emi Emma Enzo Esperanza Ethan Eva Farid Fatima Felix Fiona Freya Gabriela Gianna Grace
Guadalupe Gus Hana Harper Hassan Hazel Henry Hugo Ian Ibrahim Imani Inés Isaiah Isla Ivy Jada
Jamal Jasper Javier Jin Joaquín Jonah José Josephine Juan Kai Kalani Kamala Keanu Keisha Kenji
Khadija Kofi Lars Latoya Layla Leilani Leo Liam Linh Lucía Luka Lupe Mai Malik Marcus María
Mateo Maya Mei Micah Miguel Mila Mohammed Naomi Nia Nico Nina Noah Noor Nuria Olivia Omar
Oscar Owen Paloma Priya Quinn Rafael Ravi Renée Rohan Rosa Ruby Saanvi Salma Samuel Santiago
Sean Sienna Siobhán Sofía Soren Stella Tariq Tessa Theo Thiago Tiana Tomás Uma Valentina
Victor Violet Wren Ximena Yara Yusuf Zahra Zoë
"""
FIRST = tuple(_FIRST.split())

DOUBLE_FIRST = ("Mary Jane", "Jean-Luc", "Ana-Sofía", "D'Andre", "La'Shay", "Abdul Rahman")

_LAST = """
Abara Achterberg Adeyemi Agnihotri Alcántara Amundsen Anquetil Arceneaux Ashdown Baptiste
Barrientos Beaumont Begaye Bellweather Bjornstad Blackwood Bolaños Brightwater Calloway
Cardenas Castañeda Chaudhary Chen Chowdhury Cordova Crowfeather Dankworth Delacroix Delgado
Dhillon Diallo Dombrowski Echeverría Eriksen Espinoza Fairbairn Farrokhzad Featherstone
Fernández Fitzwilliam Fontaine Galloway Garza Ghebremariam Gonçalves Greywolf Grimaldi
Gutiérrez Haddad Hakimi Halvorsen Hargrove Hernández Hoàng Holloway Huang Ibáñez Ito Iwasaki
Jankowski Jaramillo Jimenez Johansson Kaneshiro Kapoor Karimi Kealoha Keawe Khoury Kim
Kowalczyk Kozlov Lafleur Larkspur Le Lindqvist Livingstone Locklear Lozano Mahoe Makoni
Marchetti Mbeki McAllister McGillicuddy Medina Mendoza Merriweather Mihaylov Montgomery
Moreau Muñoz Nakamura Nasser Navarro Ngata Nguyen Nilsson Novak Nwosu Oakley Ochoa Okafor
Okonkwo Olmstead Ortega Osei Pacheco Papadopoulos Park Patel Peña Pennington Pham Quispe
Rahimi Ramírez Ravenscroft Redhorse Reyes Rosenthal Ruiz Saavedra Sandoval Santos Sayegh
Serrano Shimizu Singh Solberg Sotomayor Stormcloud Suzuki Szymanski Tafoya Takahashi Tanaka
Tembo Thistlewood Thunderhawk Torres Tran Tsosie Underhill Valdés Vang Vasquez Villaseñor
Vo Wainwright Wambui Whitfield Winterbourne Wójcik Xiong Yamamoto Yazzie Yilmaz Zamora
Zapata Zhang Zielinski Zúñiga
"""
LAST = tuple(_LAST.split())

RARE_LAST = (
    "O'Brannigan",
    "D'Angelica",
    "García-Whitmore",
    "Okoye-Lindström",
    "de la Fuente",
    "van der Merwe",
    "St. Clair",
    "Al-Hadidi",
    "O",
    "Wolfeschlegelsteinhausen-Featherstonehaugh",
)

PREFERRED = {
    "Abigail": "Abby",
    "Alejandro": "Alex",
    "Antonio": "Tony",
    "Daniela": "Dani",
    "Eleanor": "Ellie",
    "Gabriela": "Gabi",
    "Guadalupe": "Lupe",
    "Joaquín": "Quino",
    "Josephine": "Jo",
    "Mohammed": "Mo",
    "Samuel": "Sam",
    "Santiago": "Santi",
    "Valentina": "Val",
}

DISTRICTS = (
    "Riverdale Unified School District",
    "Cedar Valley Independent School District",
    "Lakeshore Public Schools",
    "Juniper Hills School District",
    "Prairie Creek Community Schools",
)

HIGH_SCHOOLS = ("Lincoln", "Westlake", "Monarch", "Granite Ridge", "Harbor Point")
MIDDLE_SCHOOLS = ("Willow Creek", "Sandpiper", "Cottonwood", "Blue Mesa", "Eastgate")
ELEMENTARY_SCHOOLS = ("Maple Street", "Sunny Brook", "Hummingbird", "Orchard Park", "Little River")

STREETS = ("Alder Way", "Birch Street", "Canyon Road", "Dogwood Lane", "Elm Avenue", "Foothill Dr")


def first_name(rng: Random) -> str:
    return rng.choice(DOUBLE_FIRST if rng.random() < 0.03 else FIRST)


def last_name(rng: Random) -> str:
    return rng.choice(RARE_LAST if rng.random() < 0.05 else LAST)


def middle_name(rng: Random) -> str:
    """Mostly none; an initial or a name for the others."""
    if rng.random() < 0.6:
        return ""
    name = rng.choice(FIRST)
    return name[0] if rng.random() < 0.4 else name


def preferred_for(first: str, rng: Random) -> str:
    """What somebody of this name may want to be called."""
    return PREFERRED.get(first) or rng.choice(FIRST)


def mailbox(*parts: str) -> str:
    """The part of an e-mail address before the @: plain letters, digits and dots."""
    plain = unicodedata.normalize("NFKD", ".".join(part for part in parts if part))
    return re.sub(r"[^a-z0-9.]", "", plain.encode("ascii", "ignore").decode().lower()).strip(".")
