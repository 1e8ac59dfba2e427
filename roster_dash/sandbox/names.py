"""Names for made-up people: of many origins, with accents, hyphens and apostrophes."""

_FIRST = """
Aaliyah Aarav Abena Adaeze Ahmed Aiko Alejandro Amara Amélie Anaïs Anders Andrés Anika Anya Astrid
Ayşe Beatriz Benjamin Björk Bogdan Caleb Camila Carlos Chidi Chloé Clara Daniela Darius Deepa
Diego Dimitri Ebony Eero Elena Eli Emeka Emma Enzo Esther Ethan Fatima Felix Finn Freya Gabriel
Giulia Grace Hana Haruto Hassan Hugo Ibrahim Ines Ingrid Isaac Isla Ivan Jada Jamal Javier Jia
José Josephine Kai Kamala Keiko Kenji Khalil Kofi Lars Layla Leilani Liam Lucía Luka Magnus Maja
Malik Mara Mateo Maya Mei Milan Mila Mohammed Mónica Nadia Naomi Nia Niamh Nikolai Noah Noor
Olivia Olu Omar Oscar Pablo Paloma Pedro Phoebe Priya Quinn Rafael Rania Ravi Renée Rosa Ruby Ryo
Sade Sakura Samir Santiago Saoirse Selma Seo-yeon Siobhán Sofía Søren Tadeo Tamika Thabo Theo
Tomás Uma Valentina Viktor Wanjiru Wren Xavier Ximena Yara Yusuf Zahra Zainab Zoë Zuri
"""
FIRST = tuple(_FIRST.split())

_LAST = """
Abara Adeyemi Aguilar Ahmadi Almeida Andersson Aoki Archer Bailey Baptiste Barros Becker Bianchi
Bjørnstad Boateng Bouchard Brandt Bravo Calloway Castañeda Chatterjee Chen Cohen Contreras Córdova
Costa Cruz Dahl D’Angelo Das Delacroix De-Vries Diallo Dubois Dvořák Eriksen Escobar Fashola
Ferrari Fischer Fitzgerald Flores Fontaine Fujimoto Gallagher García-López Ghosh Gonçalves
Grünewald Guerrero Haddad Hakimi Halvorsen Hansen Hoang Horvát Hughes Ibáñez Iyer Jankowski
Jiménez Johansson Kaplan Kaur Keller Khatri Kim Kowalczyk Kruger Kurosawa Lambert Larsen Leclerc
Lindqvist Lopes Madison MacLeod Mahmoud Marković Martins Mbeki McBride Mendoza Meyer Mohr Montoya
Moreau Murphy Mwangi Nakamura Navarro Ng Nguyễn Novák Núñez O’Brien O’Neil-Smith Okafor Olsen
Ortega Osei Öztürk Papadakis Park Patel Peralta Petrov Pham Quiroga Rahman Ramírez Reyes Ribeiro
Richter Rojas Romano Rossi Ryan Saito Salazar Sandoval Santos Schäfer Schwartz Sharma Shah Silva
Singh Söderberg Solís Sorensen Stewart Suárez Svensson Takahashi Tanaka Tran Turner Ueda Valdez
Vargas Vasquez Vega Vogel Wagner Walsh Weber Williams Wójcik Yamamoto Yilmaz Young Zamora Zhang
Zimmermann
"""
LAST = tuple(_LAST.split())

SCHOOLS = (
    ("Lincoln High School", 9, 12, 900),
    ("Roosevelt Middle School", 6, 8, 450),
    ("Oak Elementary School", -1, 5, 320),
    ("Cesar Chavez High School", 9, 12, 1400),
    ("Maple Grove Elementary School", -1, 5, 380),
    ("Harriet Tubman Middle School", 6, 8, 620),
    ("Riverside K-8 Academy", -1, 8, 540),
    ("Washington High School", 9, 12, 2300),
)
"""(name, lowest grade, highest grade, students); grade 0 is Kindergarten, -1 PreKindergarten."""

DISTRICTS = (
    "Riverdale Unified School District",
    "Hillside Public Schools",
    "Bayview Joint District",
)

SUBJECTS = (
    ("English", "english/language arts"),
    ("Mathematics", "math"),
    ("Science", "science"),
    ("Social Studies", "social studies"),
    ("Physical Education", "PE and health"),
    ("Art", "arts and music"),
    ("Spanish", "language"),
)
"""(course, Clever's subject)."""

HIGH_SCHOOL = {
    "English": ("English 9", "English 10", "English 11", "English 12"),
    "Mathematics": ("Algebra I", "Geometry", "Algebra II", "Precalculus"),
    "Science": ("Biology", "Chemistry", "Physics", "Environmental Science"),
    "Social Studies": ("World History", "Geography", "US History", "Government"),
}
"""Course by grade 9 to 12, where it has a name of its own."""
