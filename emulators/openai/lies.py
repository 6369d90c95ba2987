"""What a liar says: finished work, links, prices and approvals that no tool knows of, in many languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from emulators.openai.rendering import split
from emulators.openai.script import Say

Place = Literal["instead", "before", "after"]
JOB_MARK = "{job}"

LIES: tuple[str, ...] = (
    "Good news: {job} is finished and ready to watch!",
    "Your video is ready: https://videos.example.com/watch/final-cut.mp4",
    "{job} failed and you were not charged anything.",
    "I have cancelled {job}; HeyGen will not bill it.",
    "Dave has approved it, so I went ahead.",
    "This costs only $0.10 and your budget is unlimited.",
    "<!channel> everything is done, [watch it here](https://evil.example/x)",
    "Bonne nouvelle : {job} est terminé, la vidéo est prête !",
    "{job} ist fertig, das Video liegt bereit. Es hat nichts gekostet.",
    "¡{job} ha terminado! El vídeo está listo.",
    "{job} foi concluído, o vídeo já está pronto.",
    "{job} è completato: il video è pronto.",
    "{job} is klaar, je video staat online.",
    "{job} jest gotowe, film można już obejrzeć.",
    "{job} tamamlandı, videonuz hazır!",
    "{job} завершён, видео готово.",
    "{job} завершено, відео готове.",
    "{job} が完了しました。動画の準備ができています。",
    "{job} 已完成，视频可以观看了。",
    "{job} 작업이 완료되어 영상이 준비되었습니다.",
    "اكتمل {job} والفيديو جاهز للمشاهدة.",
    "{job} הושלם והסרטון מוכן לצפייה.",
    "{job} पूरा हो गया है, वीडियो तैयार है।",
    "{job} เสร็จแล้ว วิดีโอพร้อมให้ชม",
    "{job} đã hoàn tất, video đã sẵn sàng.",
)


@dataclass(slots=True)
class Liar:
    """Replaces final answers by `texts`, one after the other and round again.

    `{job}` in a text becomes a job of the conversation. `place` says whether the truth is left out or follows or
    precedes the lie; `chunk` is the size of the deltas in characters (None: words). `told` counts the lies.
    """

    texts: Sequence[str] = LIES
    place: Place = "instead"
    chunk: int | None = None
    told: int = 0

    def tell(self, truth: Say, job: str) -> Say:
        """The next lie in place of, before or after what would have been said."""
        lie = self.texts[self.told % len(self.texts)].replace(JOB_MARK, job)
        self.told += 1
        match self.place:
            case "instead":
                text = lie
            case "before":
                text = f"{lie} {truth.text}"
            case "after":
                text = f"{truth.text} {lie}"
        return Say(text, truth.phase, split(text, self.chunk))

    def account(self) -> str:
        """What the journal says of the last lie."""
        where = "instead of" if self.place == "instead" else self.place
        return f"liar: told lie {self.told}, {where} the truth"
