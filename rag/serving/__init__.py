"""`mundap serve`: the verified answers behind an OpenAI-compatible endpoint.

    GET  /health                 {"status": "ready" | "loading" | "failed"}; needs no token
    GET  /v1/models              one model, mundap-<domain>
    POST /v1/chat/completions    an answer, whole or as server-sent events

A request's last user message is the question. Earlier user messages are the conversation it may point back to. System,
assistant and tool messages never reach the model: its prompt is the recipe's, or the check would check something else.
For the same reason temperature, max_tokens, stop and the like are accepted and not followed; the response names them.
Besides OpenAI's own fields a request may have (extra_body of the official client):

    level     a level of the recipe, or "auto"
    as_of     "2023-06-30": only what held on that day
    without   metadata fields that the question shall not be filtered by: ["company"]

A response, and the last chunk of a stream, has one field that OpenAI's have not:

    mundap.question       the whole question that was answered
    mundap.carried        what of it was taken from the conversation before
    mundap.level, level_reason, as_of
    mundap.verdict        verified, repaired (a citation was set right), struck (sentences were taken out) or declined
    mundap.citations      [{number, chunk_id, label, lines, date, superseded_by, amended}]; number is the [1] in the text
    mundap.filters        the metadata the search was narrowed by; assumed: those of them the question did not state
    mundap.dropped        filters that would have left nothing; suggestions: names an unknown one may have been meant for
    mundap.terms          [{term, meaning}]: the recipe's glossary for an answer at the easiest level
    mundap.struck         [{text, reason}]: what the model wrote and nothing bears out; never show it as an answer
    mundap.ignored        the request's fields that were not followed
    mundap.timings_s      queue, retrieve, first_token, generate, total

A stream holds verified text only: comments (": 확인 중") while the model writes and the check reads, then the answer,
sentence by sentence. Errors are OpenAI's error objects.
"""
