"""The demo's shop: a small SQLite file with customers, products, sales people, orders, and what is in stock.

What a day holds follows from its date alone, so that it is the same on every machine, and days that are missing can
be added later without a look at the others.
"""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

# How many days of orders there are, the last of them today.
DAYS = 60

SALES_PEOPLE = ("Maya Lindqvist", "Tom Okafor", "王芳", "Elena Rossi", "陈伟")

# Name, price in cents, pieces sold a day, pieces of a delivery; a new one is ordered when the stock is below a third.
PRODUCTS = (
    ("Green tea, 250 g", 1290, 9, 120),
    ("Jasmine tea, 100 g", 890, 7, 90),
    ("Oolong 铁观音, 250 g", 2450, 4, 60),
    ("Black tea, 500 g", 1690, 6, 100),
    ("Teapot, cast iron", 5900, 2, 20),
    ("Teapot, glass", 3450, 2, 24),
    ("Cup with lid 盖碗", 1590, 5, 70),
    ("Tea tray, bamboo", 4200, 1, 12),
    ("Gift box, large", 7900, 1, 10),
    ("Gift box, small", 3900, 3, 40),
)

CUSTOMERS = (
    *("Harbour Café", "Müller & Söhne", "北京图书大厦", "Lotus Restaurant", "Office Supplies Ltd", "Hotel Aurora"),
    *("Green Leaf Shop", "上海茶馆", "O'Brien Catering", "City Library", "Studio Nord", "杭州小店"),
)

SCHEMA = """
CREATE TABLE IF NOT EXISTS sales_people (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS products (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, price NUMERIC NOT NULL, reorder_below INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY, day TEXT NOT NULL, time TEXT NOT NULL, pieces INTEGER NOT NULL, amount NUMERIC NOT NULL,
    customer_id INTEGER NOT NULL REFERENCES customers (id), product_id INTEGER NOT NULL REFERENCES products (id),
    sales_person_id INTEGER NOT NULL REFERENCES sales_people (id));
CREATE TABLE IF NOT EXISTS stock (
    day TEXT NOT NULL, product_id INTEGER NOT NULL REFERENCES products (id), pieces INTEGER NOT NULL,
    PRIMARY KEY (day, product_id));
CREATE INDEX IF NOT EXISTS orders_by_day ON orders (day);
"""


def write_shop(path: Path, today: date) -> int:
    """Make the file where it is missing, and add the days up to ``today`` that are; the number of days added."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA}")
        try:
            _insert_what_stays(connection)
            there = {day for (day,) in connection.execute("SELECT DISTINCT day FROM stock")}
            days = (today - timedelta(days=back) for back in range(DAYS - 1, -1, -1))
            missing = [day for day in days if day.isoformat() not in there]
            for day in missing:
                _insert_day(connection, day)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
    return len(missing)


def _insert_what_stays(connection: sqlite3.Connection) -> None:
    people, customers = enumerate(SALES_PEOPLE, start=1), enumerate(CUSTOMERS, start=1)
    products = [
        (number, name, price / 100, delivery // 3)
        for number, (name, price, _sold, delivery) in enumerate(PRODUCTS, start=1)
    ]
    connection.executemany("INSERT OR IGNORE INTO sales_people VALUES (?, ?)", people)
    connection.executemany("INSERT OR IGNORE INTO customers VALUES (?, ?)", customers)
    connection.executemany("INSERT OR IGNORE INTO products VALUES (?, ?, ?, ?)", products)


def _insert_day(connection: sqlite3.Connection, day: date) -> None:
    chance = random.Random(f"shop {day.isoformat()}")  # noqa: S311
    number = day.toordinal() * 1000  # of the day's first order
    rows = []
    for place in range(chance.randint(14, 26) if day.weekday() < 5 else chance.randint(4, 9)):
        product = chance.choices(range(len(PRODUCTS)), weights=[sold for _n, _p, sold, _d in PRODUCTS])[0]
        pieces = chance.choice((1, 1, 1, 2, 2, 3, 5))
        moment = f"{chance.randint(9, 18):02}:{chance.randint(0, 59):02}"
        amount = PRODUCTS[product][1] * pieces / 100
        customer, person = chance.randint(1, len(CUSTOMERS)), chance.randint(1, len(SALES_PEOPLE))
        rows.append((number + place, day.isoformat(), moment, pieces, amount, customer, product + 1, person))
    connection.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    stock = [(day.isoformat(), product, _in_stock(product, day)) for product in range(1, len(PRODUCTS) + 1)]
    connection.executemany("INSERT INTO stock VALUES (?, ?, ?)", stock)


def _in_stock(product: int, day: date) -> int:
    """What is left in the evening: it falls with the sales until the next delivery comes."""
    _name, _price, sold, delivery = PRODUCTS[product - 1]
    lasts = max(2, delivery // sold)  # days from one delivery to the next
    since = (day.toordinal() + product * 7) % lasts
    return max(0, delivery - sold * since - sold // 2)
