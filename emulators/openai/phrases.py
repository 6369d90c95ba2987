"""The planner's own sentences, the basic ones in five languages."""

from __future__ import annotations

from typing import Literal

from emulators.openai.languages import Speech

Phrase = Literal[
    "which_video",
    "which_language",
    "what_to_say",
    "which_job",
    "which_file",
    "two_files",
    "greeting",
    "thanks",
    "taken",
]

SENTENCES: dict[Phrase, dict[Speech, str]] = {
    "which_video": {
        "en": "Which video do you mean? Send me a link or attach a file.",
        "fr": "De quelle vidéo s'agit-il ? Envoyez-moi un lien ou joignez un fichier.",
        "de": "Welches Video meinst du? Schick mir einen Link oder hänge eine Datei an.",
        "es": "¿Qué vídeo quieres decir? Envíame un enlace o adjunta un archivo.",
        "ja": "どの動画でしょうか。リンクかファイルを送ってください。",
    },
    "which_language": {
        "en": "Into which language or languages?",
        "fr": "Dans quelle langue, ou quelles langues ?",
        "de": "In welche Sprache oder Sprachen?",
        "es": "¿A qué idioma o idiomas?",
        "ja": "何語に翻訳しますか。",
    },
    "what_to_say": {
        "en": "What should the video say, or what is it about?",
        "fr": "Que doit dire la vidéo, ou de quoi parle-t-elle ?",
        "de": "Was soll das Video sagen, oder worum geht es?",
        "es": "¿Qué debe decir el vídeo, o de qué trata?",
        "ja": "動画で何を話しますか。",
    },
    "which_job": {
        "en": "Which job do you mean? Tell me its handle, for example J1.",
        "fr": "De quelle tâche s'agit-il ? Donnez-moi son numéro, par exemple J1.",
        "de": "Welchen Auftrag meinst du? Nenne mir sein Kürzel, zum Beispiel J1.",
        "es": "¿Qué trabajo quieres decir? Dime su código, por ejemplo J1.",
        "ja": "どのジョブでしょうか。J1 のような番号を教えてください。",
    },
    "which_file": {
        "en": "Which file? Attach it here, or send me a link to it.",
        "fr": "Quel fichier ? Joignez-le ici ou envoyez-moi un lien.",
        "de": "Welche Datei? Hänge sie hier an oder schick mir einen Link.",
        "es": "¿Qué archivo? Adjúntalo aquí o envíame un enlace.",
        "ja": "どのファイルでしょうか。ここに添付するか、リンクを送ってください。",
    },
    "two_files": {
        "en": "I need two things for that: the video and the audio. Send me both.",
        "fr": "Il me faut deux choses : la vidéo et l'audio.",
        "de": "Dafür brauche ich zwei Dinge: das Video und den Ton.",
        "es": "Necesito dos cosas: el vídeo y el audio.",
        "ja": "動画と音声の両方が必要です。",
    },
    "greeting": {
        "en": "Hello! Which video can I make or translate for you?",
        "fr": "Bonjour ! Quelle vidéo puis-je créer ou traduire pour vous ?",
        "de": "Hallo! Welches Video soll ich erstellen oder übersetzen?",
        "es": "¡Hola! ¿Qué vídeo quieres crear o traducir?",
        "ja": "こんにちは。どの動画を作成または翻訳しますか。",
    },
    "thanks": {
        "en": "You're welcome!",
        "fr": "Avec plaisir !",
        "de": "Gern geschehen!",
        "es": "¡De nada!",
        "ja": "どういたしまして。",
    },
    "taken": {
        "en": "I have noted that.",
        "fr": "C'est noté.",
        "de": "Ich habe es notiert.",
        "es": "Tomo nota.",
        "ja": "承知しました。",
    },
}
QUESTIONS = frozenset(
    sentence
    for phrase in ("which_video", "which_language", "what_to_say", "which_job", "which_file", "two_files")
    for sentence in SENTENCES[phrase].values()
)
IDENTITY = (
    "I am not an AI: I am a deterministic planner with fixed rules that stands in for a language model in tests and "
    "demonstrations."
)
PURPOSES = {
    "translate_video": "translate a video into other languages",
    "create_video": "make a video from a script or an idea",
    "create_videos": "make one video per person of a list",
    "create_from_template": "make a video from a template",
    "make_clips": "cut clips out of a long video",
    "make_voiceover": "say a text as a voiceover",
    "separate_background": "remove the background of a video",
    "finish_proofread": "make the video of a translation whose subtitles were checked",
    "add_asset": "upload a file to HeyGen",
    "start_video_agent": "have a video agent make a whole video",
    "message_video_agent": "tell the video agent something",
    "stop_video_agent": "stop the video agent",
    "lipsync_video": "match a face to new audio",
    "list_jobs": "tell you how jobs are doing",
    "cancel_job": "cancel a job",
    "cancel_jobs": "cancel jobs",
    "get_budget": "tell you what is left of the budget",
    "schedule_request": "do something later or again and again",
    "list_schedules": "list what is scheduled",
    "cancel_schedule": "cancel what is scheduled",
    "list_languages": "list the languages",
    "ask_for_human": "call a person",
    "start_live_avatar": "open a live avatar session",
    "end_live_avatar": "end the live avatar session",
    "find_avatars": "look for avatars",
    "find_voices": "look for voices",
    "find_tools": "look for further abilities",
}


def say(phrase: Phrase, speech: Speech) -> str:
    """The sentence in a language."""
    return SENTENCES[phrase][speech]


def abilities(tools: list[str]) -> str:
    """What can be done with these tools, told by purpose."""
    known = [PURPOSES.get(name, name.replace("_", " ")) for name in tools]
    if not known:
        return "I can only talk here: no tools are available to me right now."
    listed = known[0] if len(known) == 1 else ", ".join(known[:-1]) + " and " + known[-1]
    return f"I can {listed}."
