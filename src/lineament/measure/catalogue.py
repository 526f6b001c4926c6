"""The measures of Farkas and of ANSUR II that the landmarks of the face model allow.

Which ones they do not allow, and why, and which definitions were checked against what, is in docs/measure.md.
"""

from __future__ import annotations

from lineament.measure.definitions import Angle, Definition, Distance, Inclination, Index, ProjectiveHeight
from lineament.measure.definitions import SurfaceDistance as Surface

_HEAD: tuple[Definition, ...] = (
    Distance("ft-ft", "forehead width", ("ft_l", "ft_r"), "head"),
    Distance("t-t", "skull base width", ("t_l", "t_r"), "head"),
    Distance("tr-g", "forehead height I", ("tr", "g"), "head"),
    Distance("tr-n", "forehead height II", ("tr", "n"), "head"),
    ProjectiveHeight("v-tr", "height of the calvarium", ("v", "tr"), "head"),
    ProjectiveHeight("v-n", "anterior height of the head", ("v", "n"), "head"),
    ProjectiveHeight("v-gn", "combined height of head and face", ("v", "gn"), "head"),
    ProjectiveHeight("v-t", "tragion to top of head", ("v", "t_*"), "", "Tragion-Top of Head"),
    Inclination("tr-g incl", "inclination of the forehead", ("tr", "g"), "head"),
)

_FACE: tuple[Definition, ...] = (
    Distance("zy-zy", "width of the face", ("zy_l", "zy_r"), "face", "Bizygomatic Breadth"),
    Distance("go-go", "width of the mandible", ("go_l", "go_r"), "face"),
    Distance("tr-gn", "physiognomical height of the face", ("tr", "gn"), "face"),
    Distance("n-gn", "morphological height of the face", ("n", "gn"), "face"),
    Distance("n-sto", "height of the upper face", ("n", "sto"), "face"),
    Distance("g-sn", "height of the middle face", ("g", "sn"), "face"),
    Distance("sn-gn", "height of the lower face", ("sn", "gn"), "face"),
    Distance("sto-gn", "height of the mandible", ("sto", "gn"), "face"),
    Distance("sl-gn", "height of the chin", ("sl", "gn"), "face"),
    Distance("se-me", "menton to sellion", ("se", "me"), "", "Menton-Sellion Length"),
    Distance("t-g", "supraorbital depth", ("t_*", "g"), "face"),
    Distance("t-n", "depth of the upper third of the face", ("t_*", "n"), "face"),
    Distance("t-sn", "depth of the middle third of the face", ("t_*", "sn"), "face"),
    Distance("t-gn", "depth of the lower third of the face", ("t_*", "gn"), "face"),
    Distance("t-ex", "orbito-tragial distance", ("t_*", "ex_*"), "face"),
    Distance("ex-go", "orbito-gonial distance", ("ex_*", "go_*"), "face"),
    Distance("gn-go", "depth of the mandible", ("gn", "go_*"), "face"),
    Surface("t-g arc", "supraorbital half arc", ("t_*", "g"), "face"),
    Surface("t-sn arc", "maxillary half arc", ("t_*", "sn"), "face"),
    Surface("t-gn arc", "mandibular half arc", ("t_*", "gn"), "face"),
    Surface("t-g-t arc", "supraorbital arc", ("t_l", "g", "t_r"), "face"),
    Surface("t-sn-t arc", "maxillary arc", ("t_l", "sn", "t_r"), "face"),
    Surface("t-gn-t arc", "mandibular arc", ("t_l", "gn", "t_r"), "face"),
    Surface("t-pg-t arc", "bitragion chin arc", ("t_l", "pg", "t_r"), "", "Bitragion Chin Arc"),
    Surface("t-c-t arc", "bitragion submandibular arc", ("t_l", "c", "t_r"), "", "Bitragion Submandibular Arc"),
    Inclination("g-pg incl", "inclination of the general profile line", ("g", "pg"), "face"),
    Inclination("g-sn incl", "inclination of the upper face", ("g", "sn"), "face"),
    Inclination("sn-pg incl", "inclination of the lower face", ("sn", "pg"), "face"),
    Inclination("sl-pg incl", "inclination of the chin", ("sl", "pg"), "face"),
    Inclination("go-gn incl", "inclination of the mandible", ("go_*", "gn"), "face"),
    Index("n-gn/zy-zy", "facial index", ("n", "gn", "zy_l", "zy_r"), "face"),
    Index("n-sto/zy-zy", "upper face index", ("n", "sto", "zy_l", "zy_r"), "face"),
    Index("go-go/zy-zy", "mandible-face width index", ("go_l", "go_r", "zy_l", "zy_r"), "face"),
    Index("sto-gn/go-go", "mandible index", ("sto", "gn", "go_l", "go_r"), "face"),
    Index("sto-gn/n-gn", "mandible-face height index", ("sto", "gn", "n", "gn"), "face"),
    Index("n-sto/n-gn", "upper face-face height index", ("n", "sto", "n", "gn"), "face"),
    Index("sn-gn/n-gn", "lower face-face height index", ("sn", "gn", "n", "gn"), "face"),
    Index("sl-gn/sn-gn", "chin-lower face height index", ("sl", "gn", "sn", "gn"), "face"),
)

_ORBITS: tuple[Definition, ...] = (
    Distance("en-en", "intercanthal width", ("en_l", "en_r"), "orbits"),
    Distance("ex-ex", "biocular width", ("ex_l", "ex_r"), "orbits"),
    Distance("en-ex", "length of the eye fissure", ("en_*", "ex_*"), "orbits"),
    Distance("ps-pi", "height of the eye fissure", ("ps_*", "pi_*"), "orbits"),
    Distance("ps-os", "height of the upper lid", ("ps_*", "os_*"), "orbits"),
    Distance("pi-or", "height of the lower lid", ("pi_*", "or_*"), "orbits"),
    Distance("or-os", "height of the orbit", ("or_*", "os_*"), "orbits"),
    Distance("or-sci", "combined height of orbit and eyebrow", ("or_*", "sci_*"), "orbits"),
    Inclination("en-ex incl", "inclination of the eye fissure", ("en_*", "ex_*"), "orbits", view="frontal"),
    Index("en-en/ex-ex", "intercanthal index", ("en_l", "en_r", "ex_l", "ex_r"), "orbits"),
    Index("en-ex/en-en", "orbital width index", ("en_*", "ex_*", "en_l", "en_r"), "orbits"),
    Index("ps-pi/en-ex", "eye fissure index", ("ps_*", "pi_*", "en_*", "ex_*"), "orbits"),
)

_NOSE: tuple[Definition, ...] = (
    Distance("mf-mf", "width of the nasal root", ("mf_l", "mf_r"), "nose"),
    Distance("al-al", "width of the nose", ("al_l", "al_r"), "nose"),
    Distance("ac-ac", "width between the bases of the alae", ("ac_l", "ac_r"), "nose"),
    Distance("n-sn", "height of the nose", ("n", "sn"), "nose"),
    Distance("n-prn", "length of the nasal bridge", ("n", "prn"), "nose"),
    Distance("sn-prn", "protrusion of the nasal tip", ("sn", "prn"), "nose"),
    Distance("sn-c'", "length of the columella", ("sn", "c_prime"), "nose"),
    Distance("ac-prn", "length of the ala", ("ac_*", "prn"), "nose"),
    Distance("sbal-sn", "width of the nostril floor", ("sbal_*", "sn"), "nose"),
    Distance("stn-itn", "length of the nostril", ("stn_*", "itn_*"), "nose"),
    Distance("en-se", "slope length of the nasal root", ("en_*", "se"), "nose"),
    Surface("ac-prn arc", "surface length of the ala", ("ac_*", "prn"), "nose"),
    Surface("n-prn arc", "surface length of the nasal bridge", ("n", "prn"), "nose"),
    Surface("en-se-en arc", "arc of the nasal root", ("en_l", "se", "en_r"), "nose"),
    Angle("g-n-prn", "nasofrontal angle", ("g", "n", "prn"), "nose"),
    Angle("n-prn-sn", "angle of the nasal tip", ("n", "prn", "sn"), "nose"),
    Angle("c'-sn-ls", "nasolabial angle", ("c_prime", "sn", "ls"), "nose"),
    Inclination("n-prn incl", "inclination of the nasal bridge", ("n", "prn"), "nose"),
    Index("al-al/n-sn", "nasal index", ("al_l", "al_r", "n", "sn"), "nose"),
    Index("sn-prn/al-al", "nasal tip protrusion-width index", ("sn", "prn", "al_l", "al_r"), "nose"),
    Index("sn-prn/n-sn", "nasal tip protrusion-height index", ("sn", "prn", "n", "sn"), "nose"),
    Index("mf-mf/al-al", "nasal root-nose width index", ("mf_l", "mf_r", "al_l", "al_r"), "nose"),
    Index("ac-prn/sn-prn", "ala length-tip protrusion index", ("ac_*", "prn", "sn", "prn"), "nose"),
    Index("n-sn/n-gn", "nose-face height index", ("n", "sn", "n", "gn"), "nose"),
    Index("al-al/zy-zy", "nose-face width index", ("al_l", "al_r", "zy_l", "zy_r"), "nose"),
)

_MOUTH: tuple[Definition, ...] = (
    Distance("ch-ch", "width of the mouth", ("ch_l", "ch_r"), "lips and mouth"),
    Distance("ch-sto", "length of half the labial fissure", ("ch_*", "sto"), "lips and mouth"),
    Distance("cph-cph", "width of the philtrum", ("cph_l", "cph_r"), "lips and mouth"),
    Distance("sn-sto", "height of the upper lip", ("sn", "sto"), "lips and mouth"),
    Distance("sn-ls", "height of the skin of the upper lip", ("sn", "ls"), "lips and mouth"),
    Distance("ls-sto", "height of the upper vermilion", ("ls", "sto"), "lips and mouth"),
    Distance("sto-li", "height of the lower vermilion", ("sto", "li"), "lips and mouth"),
    Distance("ls-li", "height of both vermilions", ("ls", "li"), "lips and mouth"),
    Distance("sto-sl", "height of the lower lip", ("sto", "sl"), "lips and mouth"),
    Distance("li-sl", "height of the skin of the lower lip", ("li", "sl"), "lips and mouth"),
    Surface("ch-ls-ch arc", "upper vermilion arc", ("ch_l", "ls", "ch_r"), "lips and mouth"),
    Surface("ch-li-ch arc", "lower vermilion arc", ("ch_l", "li", "ch_r"), "lips and mouth"),
    Angle("li-sl-pg", "mentolabial angle", ("li", "sl", "pg"), "lips and mouth"),
    Inclination("sn-ls incl", "inclination of the upper lip", ("sn", "ls"), "lips and mouth"),
    Inclination("li-sl incl", "inclination of the lower lip", ("li", "sl"), "lips and mouth"),
    Inclination("ch-ch incl", "inclination of the labial fissure", ("ch_r", "ch_l"), "lips and mouth", view="frontal"),
    Index("ls-sto/sto-li", "vermilion height index", ("ls", "sto", "sto", "li"), "lips and mouth"),
    Index("sn-ls/sn-sto", "skin portion of the upper lip index", ("sn", "ls", "sn", "sto"), "lips and mouth"),
    Index("sn-sto/ch-ch", "upper lip height-mouth width index", ("sn", "sto", "ch_l", "ch_r"), "lips and mouth"),
    Index("cph-cph/ch-ch", "philtrum-mouth width index", ("cph_l", "cph_r", "ch_l", "ch_r"), "lips and mouth"),
    Index("ch-ch/zy-zy", "mouth-face width index", ("ch_l", "ch_r", "zy_l", "zy_r"), "lips and mouth"),
    Index("al-al/ch-ch", "nose-mouth width index", ("al_l", "al_r", "ch_l", "ch_r"), "lips and mouth"),
)

_EARS: tuple[Definition, ...] = (
    Distance("sa-sba", "length of the ear", ("sa_*", "sba_*"), "ears", "Ear Length"),
    Distance("pra-pa", "width of the ear", ("pra_*", "pa_*"), "ears", "Ear Breadth"),
    Distance("obs-obi", "length of the ear's attachment", ("obs_*", "obi_*"), "ears"),
    Distance("n-obs", "upper naso-aural distance", ("n", "obs_*"), "ears"),
    Distance("sn-obi", "lower subnasale-aural distance", ("sn", "obi_*"), "ears"),
    Distance("gn-obi", "lower gnathion-aural distance", ("gn", "obi_*"), "ears"),
    Inclination("sa-sba incl", "inclination of the ear", ("sa_*", "sba_*"), "ears"),
    Index("pra-pa/sa-sba", "ear index", ("pra_*", "pa_*", "sa_*", "sba_*"), "ears"),
)

MEASURES: tuple[Definition, ...] = (*_HEAD, *_FACE, *_ORBITS, *_NOSE, *_MOUTH, *_EARS)
"""Every measure, by region of the head."""

SETS: tuple[str, ...] = ("farkas", "ansur", "all")


def measures(set_name: str = "all", surface: bool = True) -> tuple[Definition, ...]:
    """Return the measures of one set, `farkas`, `ansur` or `all`, with or without those along the surface."""
    chosen = [m for m in MEASURES if set_name == "all" or getattr(m, set_name)]
    return tuple(m for m in chosen if surface or not isinstance(m, Surface))
