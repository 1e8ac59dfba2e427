"""Every task is done to its end in a browser that runs no JavaScript."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser import tasks
from tests.browser.hands import Hand, Plain
from tests.browser.tasks import Place

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("task", tasks.EVERY_TASK, ids=lambda task: task.__name__)
def test_a_task_needs_no_javascript(
    task: Callable[[Hand, Place], None], plain_page: Page, place: Place
) -> None:
    task(Plain(plain_page), place)
