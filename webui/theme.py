"""The page's Gradio theme: one accent colour and fonts of the reader's own system, so that nothing is fetched."""

from __future__ import annotations

from typing import Any

# Plain names, never gr.themes.GoogleFont: that one is fetched from fonts.googleapis.com.
FONTS = ("Pretendard", "Noto Sans KR", "Noto Sans CJK KR", "Apple SD Gothic Neo", "Malgun Gothic", "sans-serif")
MONO = ("D2Coding", "Noto Sans Mono CJK KR", "Consolas", "monospace")
# Ink blue; 600 on white and 300 on the dark ground both read at more than 4.5 to 1.
ACCENT = ("#eef3f8", "#dbe6f0", "#bcd0e2", "#96b8d6", "#6a97bf", "#4678a3", "#2f5d8a", "#264b70", "#1f3d5b", "#193149",
          "#10202f")


def theme() -> Any:
    """Return the theme; style.css does the rest."""
    import gradio as gr

    shades = (50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 950)
    accent = gr.themes.Color(name="ink", **{f"c{shade}": value for shade, value in zip(shades, ACCENT, strict=True)})
    base = gr.themes.Base(primary_hue=accent, secondary_hue=accent, neutral_hue=gr.themes.colors.gray, font=FONTS,
                          font_mono=MONO, radius_size=gr.themes.sizes.radius_md, text_size=gr.themes.sizes.text_md)
    return base.set(
        body_background_fill="#fbfbfa", body_background_fill_dark="#14171a", body_text_color="#1d2329",
        body_text_color_dark="#e4e7ea", block_background_fill="transparent", block_background_fill_dark="transparent",
        block_border_width="0px", block_shadow="none", background_fill_primary="#ffffff",
        background_fill_primary_dark="#1a1e22", border_color_primary="#dfe2e5", border_color_primary_dark="#333a41",
        input_background_fill="#ffffff", input_background_fill_dark="#1a1e22", input_border_width="1px",
        button_primary_background_fill="*primary_600", button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_500", button_primary_background_fill_hover_dark="*primary_400",
        button_primary_text_color="#ffffff", button_primary_text_color_dark="#ffffff")
