"""The words of prompts and of reference answers: subjects, what is asked of them, sentences about them.

The sentences hold no comma, no digit and none of AVOIDED, so that an instruction is broken only on purpose.
"""

TASKS = (
    "Write a note to a new colleague about {subject}.",
    "Explain to someone from another department why {subject} deserves attention.",
    "Describe how a small team should go about {subject}.",
    "Tell a customer what to expect of {subject}.",
    "Advise a manager who wants to start with {subject}.",
    "Set down for the team's handbook what matters about {subject}.",
)
SUBJECTS = (
    *("nightly backups", "handing over a shift", "labelling test data", "renaming a shared column"),
    *("on-call duty", "cleaning up old reports", "reading a query plan", "closing the books of a month"),
    *("training apprentices", "watering a roof garden", "planning a school trip", "repairing bicycles"),
    *("running a village library", "catering for a wedding", "moving to another office", "sorting mail"),
    *("keeping bees", "writing minutes of a meeting", "checking invoices", "testing a fire alarm"),
    *("archiving letters", "hiring seasonal workers", "painting a fence", "teaching people to swim"),
    *("repotting plants", "choosing a supplier", "publishing a newsletter", "tuning a piano"),
    *("mapping a footpath", "baking bread for a shop", "packing fragile goods", "answering complaints"),
)
SENTENCES = (
    "The work around {subject} goes best when one person owns it.",
    "Begin with a list of what is there today.",
    "Most trouble comes from steps that nobody wrote down.",
    "A short check each morning finds what went wrong at night.",
    "Ask the people who did it before you.",
    "Keep the notes where everyone can find them.",
    "Small steps are easier to undo than large ones.",
    "People trust a plan that they have helped to make.",
    "Say early what will not be done.",
    "A second pair of eyes catches what habit overlooks.",
    "Good tools help but patience helps more.",
    "Leave some time for what nobody foresaw.",
    "Thank those who point out a fault.",
    "What is measured once should be measured again.",
    "The first attempt at {subject} is rarely the last.",
    "Put a date on every promise.",
    "Old records tell a lot about what comes next.",
    "Nothing replaces a visit to the place itself.",
    "Costs grow where decisions wait.",
    "Even a modest routine keeps {subject} from falling behind.",
)
AVOIDED = (
    *(
        "important",
        "ensure",
        "crucial",
        "simply",
        "essential",
        "process",
        "quality",
        "success",
        "best-practice",
    ),
    *("quickly", "really", "problem", "communication", "efficient"),
)
REQUIRED = (
    *(
        "ladder",
        "harbour",
        "lantern",
        "calendar",
        "compass",
        "bridge",
        "orchard",
        "ticket",
        "window",
        "rhythm",
    ),
    *("anchor", "recipe", "whistle", "ledger", "garden"),
)
CLOSINGS = (
    *("That is all for today.", "The rest can wait.", "Please pass it on.", "Now it is your turn."),
    *("More will follow.", "We begin on Monday."),
)
BEGINNINGS = ("In plain words", "First of all", "For the record", "As things stand", "To begin with")
OPTIONS = (
    ("Is a list of what is there worth making before {subject}?", ("Yes", "No", "It depends")),
    ("Who should decide about {subject}: one person or everybody?", ("One person", "Everybody")),
    ("Should a first attempt at {subject} be large or small?", ("Large", "Small", "Cannot say")),
    ("Does {subject} get easier when it is written down?", ("It does", "It does not", "Not known")),
)
FOREIGN = {
    "fr": (
        "French",
        ("La liste est le premier outil de ceux qui veulent bien faire.", "Il ne faut pas attendre la fin."),
        ("Les notes sont dans un endroit que tous connaissent.", "Une erreur vue tôt est une petite erreur."),
    ),
    "de": (
        "German",
        ("Die Liste ist das erste Werkzeug für alle.", "Wir warten nicht auf das Ende der Woche."),
        ("Die Notizen sind an einem Ort und nicht in den Köpfen.", "Ein Fehler ist nicht das Ende der Welt."),
    ),
    "es": (
        "Spanish",
        ("La lista es el primer paso para los que empiezan.", "No hay que esperar el final de la semana."),
        ("Las notas están en un lugar que todos conocen.", "Un error visto pronto es más pequeño."),
    ),
    "it": (
        "Italian",
        ("La lista è il primo strumento di chi comincia.", "Non si aspetta la fine della settimana."),
        (
            "Le note sono in un posto che tutti conoscono.",
            "Un errore visto presto non è grave per la squadra.",
        ),
    ),
    "pt": (
        "Portuguese",
        ("A lista é o primeiro passo para quem começa.", "Não se espera o fim da semana."),
        ("As notas estão em um lugar que todos conhecem.", "Um erro visto cedo não é um drama."),
    ),
    "el": (
        "Greek",
        ("Η λίστα είναι το πρώτο βήμα.", "Δεν περιμένουμε το τέλος της εβδομάδας."),
        ("Οι σημειώσεις είναι σε ένα κοινό μέρος.", "Ένα λάθος που φαίνεται νωρίς είναι μικρό."),
    ),
    "ru": (
        "Russian",
        ("Список помогает начать работу.", "Не надо ждать конца недели."),
        ("Записи лежат там где их видят все.", "Ошибка замеченная рано остаётся маленькой."),
    ),
    "ja": (
        "Japanese",
        ("まず一覧を作ります。", "週の終わりまで待ちません。"),
        ("記録はみんなが見る場所に置きます。", "早く見つけた間違いは小さいです。"),
    ),
}
