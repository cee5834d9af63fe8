"""A query in a real browser: tried while it is written, with and without JavaScript, kept, put back."""

from __future__ import annotations

import re

from tests.browser.conftest import Open

SQL = "SELECT name, price FROM products WHERE price > :least ORDER BY price DESC"


def test_a_query_is_tried_while_it_is_written_then_kept_and_put_back(staff: Open) -> None:
    window = staff()
    page = window.page
    window.open("/admin/reporter/query/add/")
    page.fill("#id_name", "Dear products")
    page.select_option("#id_database", "SHOP")
    page.fill("#id_sql", SQL.replace("price >", "cost >"))
    page.fill("#id_parameters_text", "least integer = 40")
    page.click("button[name=_try]")
    assert "cost" in page.wait_for_selector("#trial pre").inner_text()  # type: ignore[union-attr]
    assert page.url.endswith("/add/")

    page.fill("#id_sql", SQL)
    page.click("button[name=_try]")
    table = page.wait_for_selector("#trial table")
    assert table is not None
    assert "Gift box, large" in table.inner_text()
    assert "3 rows in" in page.inner_text("#trial")

    page.click("input[name=_continue]")
    page.wait_for_selector(".success")
    page.fill("#id_sql", "SELECT name FROM products WHERE price < :least")
    page.click("input[name=_continue]")
    page.wait_for_selector(".success")
    page.click("text=Versions")
    page.click("text=Put this version back")
    page.wait_for_selector(".success")
    assert page.input_value("#id_sql") == SQL


def test_it_is_tried_without_javascript_and_on_a_phone(staff: Open) -> None:
    window = staff(width=390, java_script_enabled=False, locale="zh-CN")
    window.open("/admin/reporter/query/")
    window.page.click("text=Stock that runs out")
    window.page.fill("#id_sql", window.page.input_value("#id_sql") + " LIMIT 1")
    window.page.click("button[name=_try]")
    window.page.wait_for_selector("#trial table")
    assert re.search(r"LIMIT 1$", window.page.input_value("#id_sql")), "what was typed is still there"
    assert window.overflow <= 0
