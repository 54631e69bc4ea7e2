package org.pmsevents.queue.api;

import org.pmsevents.platform.json.JsonText;

/**
 * The answer to a request about a job, stored for repeats under its idempotency key.
 *
 * @param json the job at that time
 */
record JobAnswer(int status, String json) {
    static final int OK = 200;
    static final int CREATED = 202;

    /** As it is stored under the key. */
    String stored() {
        return "{\"status\":" + status + ",\"job\":" + json + "}";
    }

    static JobAnswer read(String stored) {
        var answer = JsonText.object(stored);
        return new JobAnswer(answer.path("status").intValue(), JsonText.of(answer.path("job")));
    }

    String jobId() {
        return JsonText.object(json).path("id").textValue();
    }
}
