package io.panatorch.cogvideox.hub;

import io.panatorch.cogvideox.hub.HubConnection.Answer;
import io.panatorch.cogvideox.hub.HubException.Kind;
import io.panatorch.json.JsonFile;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/** Why the hub does not give something, by its status and the headers with which it explains that. */
final class Refusal {

    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;
    private static final int NOT_FOUND = 404;
    private static final int TIMEOUT = 408;
    private static final int NO_SUCH_RANGE = 416;
    private static final int TOO_MANY = 429;
    private static final int BROKEN = 500;

    private final URI hub;
    private final Optional<String> token;
    private final ModelId model;

    /** @param token which is not to be shown, should the hub say it again */
    Refusal(URI hub, Optional<String> token, ModelId model) {
        this.hub = hub;
        this.token = token;
        this.model = model;
    }

    /** @param file which was asked for; empty for a list of them */
    HubException of(Answer answer, String file) {
        return switch (answer.headers().firstValue("X-Error-Code").orElse("")) {
            case "GatedRepo" -> refused(": is gated: accept its terms at " + hub + "/" + model.name()
                    + ", and set HF_TOKEN to a token of the account that has");
            case "RevisionNotFound" -> new HubException(Kind.MISSING, model.name() + ": has no branch, tag or commit "
                    + model.revision() + " at " + hub);
            case "EntryNotFound" -> HubException.missingFile(model + ": has no " + file + " at " + hub
                    + (file.equals(ModelFiles.INDEX) ? ", and is no model that diffusers has saved" : ""),
                    answer.headers().firstValue("X-Repo-Commit").filter(ModelId::isCommit));
            case "RepoNotFound" -> unknown();
            default -> byStatus(answer, file);
        };
    }

    private HubException byStatus(Answer answer, String file) {
        int status = answer.status();
        return switch (status) {
            case UNAUTHORIZED -> unauthorized(answer);
            case FORBIDDEN -> refused(": " + hub + " does not give it to this user" + explained(answer));
            case NOT_FOUND -> unknown();
            case TOO_MANY -> busy(answer);
            default -> new HubException(status >= BROKEN || status == TIMEOUT || status == NO_SUCH_RANGE ? Kind.TRANSIENT : Kind.REFUSED,
                    model + ": " + hub + " answers " + status + (file.isEmpty() ? "" : " for " + file) + explained(answer));
        };
    }

    private HubException refused(String why) {
        return new HubException(Kind.REFUSED, model + why);
    }

    private HubException unknown() {
        return new HubException(Kind.UNKNOWN, "no model " + model.name() + " at " + hub + " (or it is private: set HF_TOKEN to a token"
                + " of an account that may read it)");
    }

    /** The hub does not tell a stranger which private models there are, and says 401 for what is nowhere, too. */
    private HubException unauthorized(Answer answer) {
        boolean isToken = token.isPresent()
                && answer.headers().firstValue("X-Error-Message").filter(text -> text.startsWith("Invalid ")).isPresent();
        return !isToken ? unknown() : refused(": " + hub + " does not take the token; set HF_TOKEN to a valid one");
    }

    private HubException busy(Answer answer) {
        Optional<Duration> after = answer.headers().firstValue("Retry-After").filter(text -> text.matches("\\d{1,7}"))
                .map(text -> Duration.ofSeconds(Long.parseLong(text)));
        return HubException.busy(model + ": " + hub + " answers 429, too many requests; try again "
                + after.map(duration -> "after " + HubConnection.seconds(duration)).orElse("later"), after);
    }

    private String explained(Answer answer) {
        return answer.headers().firstValue("X-Error-Message")
                .map(text -> ": " + JsonFile.oneLine(token.map(secret -> text.replace(secret, "***")).orElse(text))).orElse("");
    }
}
