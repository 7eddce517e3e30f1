"""Rules as data: where a credit counts, what makes up for what, and what laws demand; the areas they speak of."""
