"""What a real browser's microphone sends, at whatever rate it comes, and what is said when nothing comes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.async_api import expect

from agent.live.ports import Muted, RoomReady, Sound, Typed
from tests.support.viewer_browser import (
    MICROPHONE,
    NOTES,
    RATE,
    SOUND_ALLOWED,
    Theatre,
    melody,
    notes_of,
    theatre,
    written,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SECONDS = 4
# Browsers that differ from Chromium: one that keeps the device's rate, and one that converts no stream's rate.
KEEPS_RATE = """{
  const Own = AudioContext;
  window.AudioContext = class extends Own {
    constructor(options) { super({ latencyHint: options.latencyHint, sampleRate: %d }); }
  };
}"""
CONVERTS_NOTHING = """{
  const own = AudioContext.prototype.createMediaStreamSource;
  AudioContext.prototype.createMediaStreamSource = function (stream) {
    if (this.sampleRate === 24000) throw new DOMException('different rates', 'NotSupportedError');
    return own.call(this, stream);
  };
}"""
# Plays a tone through the worklet at 48 kHz, faster than real time; the loudest sample that comes out, and how many.
THROUGH = """async (hertz) => {
  const context = new OfflineAudioContext(1, 48000, 48000);
  await context.audioWorklet.addModule('static/microphone-worklet.js');
  const node = new AudioWorkletNode(context, 'microphone', {
    numberOfOutputs: 0, processorOptions: { rate: 24000, samples: 960 } });
  const frames = [];
  node.port.onmessage = ({ data }) => frames.push(...new Int16Array(data));
  const tone = new OscillatorNode(context, { frequency: hertz });
  tone.connect(node);
  tone.start();
  await context.startRendering();
  await new Promise((done) => setTimeout(done, 200));
  return [Math.max(...frames.slice(2000, -2000).map(Math.abs)), frames.length];
}"""


@pytest.fixture(scope="module")
def tune(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("sound") / "melody.wav", melody())


@pytest.mark.parametrize(
    "script",
    [None, KEEPS_RATE % 48_000, KEEPS_RATE % 44_100, CONVERTS_NOTHING],
    ids=["24 kHz", "48 kHz", "44.1 kHz", "no conversion"],
)
async def test_what_is_heard_arrives_as_24_khz_in_frames_of_40_ms(tune: Path, script: str | None) -> None:
    async with theatre(hears=tune) as house:
        if script is not None:
            await house.context.add_init_script(script)
        page = await house.open()
        visit = await house.enter(page)
        began, ended = 2 * RATE, 2 * RATE * (SECONDS + 1)  # a device that has just been opened may stutter for a moment
        await house.desk.wait_for(lambda: len(visit.sound) >= ended, 20)

        assert {len(item.pcm) for item in visit.inputs if isinstance(item, Sound)} == {1_920}
        heard = notes_of(visit.sound[began:ended])
        first = NOTES.index(heard[0])
        assert heard == [NOTES[(first + at) % 3] for at in range(len(heard))]
        assert len(heard) in (6, 7)  # a note each 0.6 s: the time is right as well


async def test_what_lies_above_12_khz_does_not_come_back_below_it() -> None:
    async with theatre(flags=[]) as house:
        page = await house.open()
        loud, count = await page.evaluate(THROUGH, 1_000)
        assert loud > 32_000
        assert 24_000 - 2 * 960 <= count <= 24_000
        faint, _ = await page.evaluate(THROUGH, 15_000)
        assert faint < 330  # 40 dB below


async def test_a_microphone_can_be_chosen_and_tried_before_anything_starts(tune: Path) -> None:
    async with theatre(hears=tune) as house:
        page = await house.open()
        await page.get_by_role("button", name="Test microphone").click()
        choice = page.get_by_label("Microphone", exact=True)
        await expect(choice).to_be_visible()
        await page.wait_for_function("() => document.getElementById('level').value > 0.2")
        names = await choice.locator("option").all_text_contents()
        assert len(names) > 1
        await choice.select_option(names[-1])
        visit = await house.enter(page)
        await house.desk.wait_for(lambda: visit.sound)

        device = await page.evaluate("JSON.parse(sessionStorage.getItem('greenroom-live')).device")
        assert device not in ("", "default", None)

        script = f"""sessionStorage.setItem('greenroom-live', '{{"microphone": true, "device": "{"0" * 64}"}}')"""
        await house.context.add_init_script(script)
        await house.open(f"{house.stage.url}/live/room")
        another = await house.desk.visit(1)
        await house.desk.wait_for(lambda: another.sound)  # the chosen one is gone: any other will do


async def test_a_browser_that_hears_only_after_a_click_says_so() -> None:
    """As on a phone: sound that nobody has asked for stands still, also that of the microphone."""
    async with theatre() as house:
        await house.enter(await house.open())
        await house.context.add_init_script("""{
          sessionStorage.setItem('greenroom-live', '{"microphone": true}');
          const Own = AudioContext;
          window.AudioContext = class extends Own {
            constructor(options) { super(options); super.suspend(); }
            async resume() {
              if (!navigator.userActivation.isActive) throw new Error('no click');
              await super.resume();
            }
          };
        }""")
        page = await house.open(f"{house.stage.url}/live/room")
        visit = await house.playing(1)
        await expect(page.get_by_role("button", name="Turn on sound and microphone")).to_be_visible()
        assert visit.sound == b""
        await page.get_by_role("button", name="Turn on sound and microphone").click()
        await house.desk.wait_for(lambda: visit.sound)
        await expect(page.locator("#unblock")).to_be_hidden()


async def go_on_typing(house: Theatre, said: str) -> None:
    """Start with a microphone that does not work, read why, and start again without it."""
    page = await house.open()
    await page.get_by_label("I know that I talk with an AI").check()
    await page.get_by_role("button", name="Start").click()
    await expect(page.get_by_role("alert").filter(has_text=said)).to_be_visible()
    await expect(page.get_by_label("without one")).to_be_checked()
    await expect(page.get_by_role("button", name="Start")).to_be_focused()
    assert house.desk.visits == []

    await page.keyboard.press("Enter")
    visit = await house.playing()
    assert not visit.hello.microphone
    await page.get_by_label("Write to the avatar").fill("I can type")
    await page.keyboard.press("Enter")
    await house.desk.wait_for(lambda: Typed("I can type") in visit.inputs)

    await page.get_by_role("button", name="Turn on microphone").click()
    await expect(page.get_by_role("status").get_by_text(said)).to_be_visible()
    assert visit.sound == b""


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--use-fake-device-for-media-stream", "--deny-permission-prompts"], "Your browser blocks the microphone"),
        (["--use-fake-ui-for-media-stream"], "There is no microphone on this device"),
    ],
    ids=["denied", "missing"],
)
async def test_without_a_microphone_one_is_told_why_and_can_type(flags: Sequence[str], said: str) -> None:
    async with theatre(flags=[*flags, SOUND_ALLOWED]) as house:
        await go_on_typing(house, said)


async def test_a_page_that_is_not_secure_has_no_microphone_and_can_type() -> None:
    async with theatre() as house:
        await house.context.add_init_script("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
        await go_on_typing(house, "This browser cannot use a microphone")


async def test_a_microphone_can_be_turned_on_later(tune: Path) -> None:
    async with theatre(hears=tune) as house:
        page = await house.open()
        await page.get_by_label("without one").check()
        await expect(page.get_by_role("button", name="Test microphone")).to_be_hidden()
        visit = await house.enter(page)
        assert not visit.hello.microphone
        await page.get_by_role("button", name="Turn on microphone").click()
        await house.desk.wait_for(lambda: len(visit.sound) > RATE)
        assert visit.presses == [RoomReady(), Muted(False)]


async def test_a_silent_microphone_is_noticed_until_it_is_heard(tmp_path: Path) -> None:
    silence = written(tmp_path / "silence.wav", bytes(2 * RATE * 10) + melody() * 20)
    async with theatre(hears=silence) as house:
        page = await house.open()
        visit = await house.enter(page)
        notice = page.get_by_role("status").get_by_text("We have heard nothing from your microphone yet.")
        await expect(notice).to_be_visible(timeout=15_000)
        assert visit.sound.count(0) == len(visit.sound)
        await expect(notice).to_be_hidden(timeout=15_000)


async def test_a_microphone_that_is_pulled_out_is_noticed() -> None:
    async with theatre(flags=[*MICROPHONE, SOUND_ALLOWED]) as house:
        await house.context.add_init_script("""{
          const own = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
          navigator.mediaDevices.getUserMedia = async (wanted) => {
            const stream = await own(wanted);
            window.pullOut = () => stream.getAudioTracks()[0].dispatchEvent(new Event('ended'));
            return stream;
          };
        }""")
        page = await house.open()
        await house.enter(page)
        await page.evaluate("pullOut()")
        await expect(page.get_by_role("status").get_by_text("Your microphone was disconnected.")).to_be_visible()
        await page.get_by_role("button", name="Turn on microphone").click()
        await expect(page.get_by_role("button", name="Mute", exact=True)).to_be_visible()
        await expect(page.get_by_text("Your microphone was disconnected.")).to_be_hidden()


async def test_sound_that_would_only_pile_up_is_dropped() -> None:
    async with theatre() as house:
        await house.context.add_init_script("""{
          window.sent = [];
          const own = WebSocket.prototype.send;
          WebSocket.prototype.send = function (data) { window.sent.push(typeof data); own.call(this, data); };
          Object.defineProperty(WebSocket.prototype, 'bufferedAmount', { get: () => window.waiting ?? 0 });
        }""")
        page = await house.open()
        visit = await house.enter(page)
        await house.desk.wait_for(lambda: visit.sound)
        await page.evaluate("window.waiting = 200001; window.sent = []")
        await page.get_by_label("Write to the avatar").fill("Words go first")
        await page.wait_for_timeout(400)  # ten frames would be sent
        await page.keyboard.press("Enter")
        await house.desk.wait_for(lambda: Typed("Words go first") in visit.inputs)
        assert await page.evaluate("window.sent") == ["string"]
        await page.evaluate("window.waiting = 200000")
        await page.wait_for_function("() => window.sent.includes('object')")
