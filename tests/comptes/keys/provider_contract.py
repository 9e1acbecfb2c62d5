"""What every KeyProvider must hold. An implementation inherits the class and says how it is made.

class TestOurKms(ProviderContract):
    def open(self):
        return OurKms(...)  # each call: what another process would hold of the same keys
"""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from comptes.keys.provider import KeyDestructionRefused, KeyProvider, KeyUnavailable

KEY = bytes(range(32))


class ProviderContract:
    """`open()` gives the provider as one more process of the same installation sees it."""

    def open(self) -> KeyProvider:
        raise NotImplementedError

    def test_what_is_wrapped_unwraps(self):
        provider = self.open()
        version, wrapped = provider.wrap(KEY)
        assert version == provider.current_version()
        assert provider.unwrap(version, wrapped) == KEY
        assert KEY not in wrapped

    def test_many_at_once_are_the_same_as_one_by_one(self):
        provider = self.open()
        keys = [bytes([number]) * 32 for number in range(50)]
        wrapped = provider.wrap_many(keys)
        assert {version for version, _ in wrapped} == {provider.current_version()}
        assert provider.unwrap_many(wrapped) == keys
        assert [provider.unwrap(*pair) for pair in wrapped] == keys
        assert provider.wrap_many([]) == [] == provider.unwrap_many([])

    def test_one_spoilt_key_does_not_take_the_others_with_it(self):
        provider = self.open()
        good, (version, blob) = provider.wrap(KEY), provider.wrap(KEY)
        spoilt = (version, blob[:-1] + bytes([blob[-1] ^ 1]))
        assert provider.unwrap_many([good, spoilt, (999, blob), good]) == [KEY, None, None, KEY]

    @pytest.mark.parametrize("wrapped", [b"", b"court", bytes(40), bytes(41)])
    def test_what_was_never_wrapped_here_is_refused(self, wrapped):
        provider = self.open()
        with pytest.raises(KeyUnavailable):
            provider.unwrap(provider.current_version(), wrapped)

    def test_an_unknown_version_is_refused(self):
        provider = self.open()
        with pytest.raises(KeyUnavailable):
            provider.unwrap(provider.current_version() + 1, provider.wrap(KEY)[1])

    def test_a_renewal_makes_a_new_version_and_the_old_one_still_opens(self):
        provider = self.open()
        before = provider.wrap(KEY)
        version = provider.renew()
        after = provider.wrap(KEY)
        assert after[0] == version == provider.current_version() > before[0]
        assert provider.unwrap(*before) == provider.unwrap(*after) == KEY
        with pytest.raises(KeyUnavailable):
            provider.unwrap(before[0], after[1])

    def test_other_processes_see_a_new_version_without_a_restart(self):
        reader, writer, other = self.open(), self.open(), self.open()
        first = reader.wrap(KEY)
        version = writer.renew()
        fresh = writer.wrap(KEY)
        assert reader.unwrap(*fresh) == KEY
        assert other.unwrap_many([first, fresh]) == [KEY, KEY]
        assert other.wrap(KEY)[0] == reader.current_version() == version

    def test_what_is_destroyed_opens_nowhere(self):
        reader, writer = self.open(), self.open()
        old = reader.wrap(KEY)
        writer.renew()
        fresh = reader.wrap(KEY)
        writer.destroy(old[0])
        writer.destroy(old[0])
        for provider in (reader, writer, self.open()):
            with pytest.raises(KeyUnavailable):
                provider.unwrap(*old)
            assert provider.unwrap(*fresh) == KEY
            assert provider.unwrap_many([old, fresh]) == [None, KEY]
            assert old[0] not in provider.health().versions

    def test_the_current_version_is_never_destroyed(self):
        provider = self.open()
        wrapped = provider.wrap(KEY)
        with pytest.raises(KeyDestructionRefused):
            provider.destroy(wrapped[0])
        assert provider.unwrap(*wrapped) == KEY

    def test_a_version_is_never_given_twice(self):
        provider = self.open()
        first = provider.current_version()
        provider.renew()
        provider.destroy(first)
        assert provider.renew() not in (first, first + 1)

    def test_renewals_at_once_lose_nothing(self):
        providers = [self.open() for _ in range(6)]
        start = threading.Barrier(len(providers), timeout=30)

        def renew(provider: KeyProvider) -> tuple[int, tuple[int, bytes]]:
            start.wait()
            return provider.renew(), provider.wrap(KEY)

        with ThreadPoolExecutor(len(providers)) as pool:
            made = list(pool.map(renew, providers))
        assert len({version for version, _ in made}) == len(providers)
        fresh = self.open()
        assert all(fresh.unwrap(*wrapped) == KEY for _, wrapped in made)
        assert fresh.current_version() == max(version for version, _ in made)

    def test_signing_keys_outlive_renewals(self):
        provider = self.open()
        journal = provider.signing_key("journal")
        assert len(journal) == 32
        assert journal != provider.signing_key("autre")
        old = provider.current_version()
        provider.renew()
        provider.destroy(old)
        assert self.open().signing_key("journal") == journal

    def test_health_names_the_versions(self):
        provider = self.open()
        first = provider.current_version()
        second = provider.renew()
        health = self.open().health()
        assert health.is_well
        assert health.problem == ""
        assert health.current == second
        assert {first, second} <= set(health.versions)
