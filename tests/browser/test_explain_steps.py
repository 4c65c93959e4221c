"""How a map came about, as a film beside the grid; and the map so far, while it is computed."""

from __future__ import annotations

from typing import Any

import httpx
import numpy as np
import pytest
from explaining import Open, ready
from watching import shoot, until

pytestmark = pytest.mark.browser

FILMS = (
    "#/explain?model=mnist-cnn&img=digits/test/2&x=lime.samples400~occlusion~grad-cam~integrated-gradients~saliency&t=5"
)
TAGS = ["segment-film", "patch-film", "cam-steps", "path-scrubber"]


def opened(open_page: Open, hash_: str = FILMS, **settings: Any) -> Any:
    """The screen with its steps unfolded."""
    page = ready(open_page, hash_, **({"reduced_motion": "reduce"} | settings))
    page.locator(".steps-of summary").click()
    return page


def array(server: Any, page: Any, cell: int, name: str) -> np.ndarray:
    """What the run behind a cell left."""
    import io

    run = page.evaluate(f"document.querySelectorAll('explain-cell')[{cell}].run")
    return np.load(io.BytesIO(httpx.get(f"{server.url}api/v1/runs/{run}/arrays/{name}.npy").content))


def test_the_film_follows_the_map_that_is_attended_to(open_page: Open) -> None:
    page = opened(open_page)
    for at, tag in enumerate(TAGS):
        page.locator("explain-cell heat-map").nth(at).focus()
        until(page, f"document.querySelector('.steps-of {tag}')?.data")
        assert page.locator(".steps-of h2").first.inner_text().endswith("why 5")
        shoot(page, f"explain-steps-{tag}", full_page=True)
    page.locator("explain-cell heat-map").nth(4).focus()
    until(page, "document.querySelector('.steps-of').innerText.includes('leaves no steps')")
    page.evaluate(
        "history.replaceState(null, '', location.hash + '&lock=row'); dispatchEvent(new PopStateEvent('popstate'))"
    )
    until(page, "document.querySelector('.lock').value === 'row'")


def test_the_page_draws_the_same_line_through_the_scores_as_the_server(open_page: Open, server: Any) -> None:
    page = opened(open_page)
    until(page, "document.querySelector('segment-film')?.data")
    film = "document.querySelector('segment-film')"
    assert page.evaluate(f"{film}.step") == page.evaluate("document.querySelector('segment-film').film.data.last")
    ours = np.array(page.evaluate(f"[...{film}.weights({film}.step)]"))
    every = array(server, page, 0, "weights")
    parts, segments = array(server, page, 0, "parts"), array(server, page, 0, "segments")
    theirs = np.array([every[segments[parts == part][0]] for part in range(len(ours))])
    assert np.abs(ours - theirs).max() <= 1e-5 * np.abs(theirs).max()
    r2 = page.evaluate("document.querySelector('explain-cell').result.notes.r2")
    assert page.locator("segment-film .r2").inner_text() == f"{100 * r2:.0f} %"
    shown = np.array(page.evaluate(f"[...{film}.map.data.values]")).reshape(28, 28)
    assert np.abs(shown - array(server, page, 0, "values")).max() <= 1e-5 * np.abs(theirs).max()


def test_a_step_shows_which_pieces_are_hidden_and_what_the_model_says(open_page: Open, server: Any) -> None:
    page = opened(open_page)
    until(page, "document.querySelector('segment-film')?.data")
    page.evaluate("document.querySelector('segment-film').step = 3")
    masks, scores = array(server, page, 0, "masks"), array(server, page, 0, "mask_scores")
    said = page.locator("segment-film .said b").all_inner_texts()
    assert said[:2] == [str(int((masks[2] == 0).sum())), f"{scores[2]:.2f}".replace("-", "−")]
    parts = array(server, page, 0, "parts")
    blue = page.evaluate(
        """(() => { const canvas = document.querySelector('segment-film canvas');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return Array.from({ length: data.length / 4 }, (_, i) => data[4 * i + 2] - data[4 * i] > 60); })()"""
    )
    assert (np.array(blue).reshape(28, 28) == (np.append(masks[2], 1)[parts] == 0)).all()


def test_the_votes_add_up_to_the_map(open_page: Open, server: Any) -> None:
    page = opened(open_page, FILMS.replace("lime.samples400~occlusion~", ""))
    until(page, "document.querySelector('cam-steps')?.data")
    maps = page.evaluate("[...document.querySelectorAll('cam-steps heat-map')].map((map) => [...map.data.values])")
    summed, small, whole = (np.array(one) for one in maps)
    np.testing.assert_allclose(np.maximum(summed, 0), small, atol=1e-7)
    assert whole.max() <= small.max() + 1e-7
    weights = array(server, page, 0, "weights")
    loudest = [int(text.removeprefix("map ")) for text in page.locator(".vote > span:nth-of-type(1)").all_inner_texts()]
    assert loudest == np.argsort(-np.abs(weights), kind="stable")[:8].tolist()


@pytest.mark.parametrize(
    ("name", "width", "scheme"), [("wide", 1400, "light"), ("dark", 1000, "dark"), ("phone", 390, "light")]
)
def test_films_read_well_everywhere(open_page: Open, name: str, width: int, scheme: str) -> None:
    from accessible import findings, pale

    page = opened(open_page, width=width, color_scheme=scheme)
    for at, tag in enumerate(TAGS):
        page.locator("explain-cell heat-map").nth(at).focus()
        until(page, f"document.querySelector('.steps-of {tag}')?.data")
        page.wait_for_timeout(100)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert findings(page) == []
        assert pale(page) == []
        shoot(page, f"explain-steps-{tag}-{name}", full_page=True)


WATCH = """(() => { window.seen = [];
    const look = () => { const cell = document.querySelector('explain-cell');
        if (cell?.state === 'running' && cell.dataset.partial) seen.push([cell.dataset.partial, cell.querySelector('.check').textContent,
            Math.max(...cell.heat.data.values.map(Math.abs))]); };
    new MutationObserver(look).observe(document.querySelector('explain-grid'), { childList: true, subtree: true }); return true; })()"""


@pytest.mark.parametrize(
    ("model", "x", "fact"),
    [
        ("slow", "lime.samples4000.fillwhite", r"^R² [01]\.\d\d so far$"),
        ("mnist-cnn", "integrated-gradients.steps2000", r"^gap \d+\.\d % so far$"),
        ("slow", "occlusion.patch4.stride1", r"^$"),
    ],
)
def test_a_map_that_grows_says_how_good_it_is_so_far(open_page: Open, model: str, x: str, fact: str) -> None:
    import re

    page = open_page(
        f"#/explain?model={model}&img=digits/test/7&x=saliency"
        if model != "slow"
        else f"#/explain?model={model}&img=digits/test/7&x=occlusion.patch28.stride28"
    )
    until(page, "document.querySelector('explain-cell')?.state === 'done'", 20)
    page.evaluate(WATCH)
    page.evaluate(f"location.hash = '#/explain?model={model}&img=digits/test/7&x={x}&t=0'")
    until(
        page,
        "window.seen.length >= 2 || document.querySelector('explain-cell').state === 'done' && window.seen.length",
        30,
    )
    seen = page.evaluate("window.seen")
    assert seen
    assert all(re.search(fact, text) for _, text, _ in seen)
    assert any(most > 0 for _, _, most in seen)
    assert [int(version) for version, _, _ in seen] == sorted(int(version) for version, _, _ in seen)
