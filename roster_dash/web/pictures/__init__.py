"""Pictures where people would rather look: small SVG, drawn here, each with the same in words.

`geometry` says where things are, `words` says the same in sentences, `chain` where a school's way
from the source to its mails is broken; `drawn` asks the store and gives templates what they draw.
"""
