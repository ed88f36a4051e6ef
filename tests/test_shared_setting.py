"""One setting, several who want it changed: the last gives back what the first found."""

from threading import Thread

import pytest

from steadymask.shared_setting import SharedSetting


def test_the_last_of_several_gives_back_what_the_first_found() -> None:
    values = [8]
    setting = SharedSetting(lambda: values[-1], values.append)
    first, second = setting.held_at(1), setting.held_at(1)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert values == [8, 1]
    second.__exit__(None, None, None)
    assert values == [8, 1, 8]


def test_an_error_gives_it_back() -> None:
    values = [8]
    setting = SharedSetting(lambda: values[-1], values.append)
    with pytest.raises(KeyError), setting.held_at(1):
        raise KeyError
    assert values == [8, 1, 8]


def test_threads_share_it() -> None:
    values = [8]
    setting = SharedSetting(lambda: values[-1], values.append)

    def often() -> None:
        for _ in range(200):
            with setting.held_at(1):
                assert values[-1] == 1

    threads = [Thread(target=often) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert values[-1] == 8
