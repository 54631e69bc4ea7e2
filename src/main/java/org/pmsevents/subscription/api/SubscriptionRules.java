package org.pmsevents.subscription.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quarkus.arc.All;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.json.Fields;
import org.pmsevents.platform.json.JsonText;
import org.pmsevents.platform.json.MergePatch;
import org.pmsevents.platform.json.ParsedBody;
import org.pmsevents.platform.json.PathName;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.subscription.DeliveryKind;
import org.pmsevents.subscription.Subscription;
import org.pmsevents.subscription.SubscriptionFilter;
import org.pmsevents.subscription.SubscriptionTable;

/** Validates requests for subscriptions; reports all violations at once. */
@ApplicationScoped
class SubscriptionRules {
    private static final String[] PATCHED = {
        "name", "types", "subjects", "locations", "changed", "excludeActors", "delivery"
    };
    private static final Set<String> PRODUCT_FIELDS =
            Set.of("name", "description", "price", "tags", "attributes", "status", "publishedAt");
    private static final int NAME_LENGTH = 64;
    private static final int TYPE_LENGTH = 64;
    private static final int MOST_TYPES = 20;
    private static final int MOST_SUBJECTS = 1_000;
    private static final int MOST_NAMES = 100;
    private static final int ACTOR_LENGTH = 255;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");
    private static final Pattern PLACE = Pattern.compile("([0-9a-f-]{36}:)?[0-9]{1,18}");

    private final Map<String, DeliveryKind> kinds;

    SubscriptionRules(@All List<DeliveryKind> kinds) {
        this.kinds = kinds.stream().collect(Collectors.toMap(DeliveryKind::name, Function.identity()));
    }

    /** A subscription to be made, and where it begins. */
    record New(SubscriptionTable.Wanted wanted, String start) {}

    boolean signs(String kind) {
        var found = kinds.get(kind);
        return found != null && found.signs();
    }

    /** @throws AppException 400 with all violations */
    New created(ParsedBody body) {
        var fields = body.fields();
        var wanted = read(
                fields.only("name", "types", "subjects", "locations", "changed", "excludeActors", "start", "delivery"),
                null);
        var start = fields.requiredText("start", 60, SubscriptionRules::isPlace, "format", "Must be " + PLACES);
        body.violations().throwIfAny();
        return new New(wanted, start);
    }

    /** @throws AppException 400 with all violations */
    static String place(ParsedBody body) {
        var after = body.fields()
                .only("after")
                .requiredText("after", 60, SubscriptionRules::isPlace, "format", "Must be " + PLACES);
        body.violations().throwIfAny();
        return after;
    }

    private static final String PLACES = "now, oldest, or a position as the feed has it: <epoch>:<position>.";

    private static boolean isPlace(String text) {
        return text.equals("now")
                || text.equals("oldest")
                || PLACE.matcher(text).matches();
    }

    /** Applies a merge patch (RFC 7396). */
    SubscriptionTable.Wanted patched(ParsedBody patch, Subscription stored) {
        var changes = patch.fields().only(PATCHED);
        var merged = (ObjectNode) MergePatch.apply(tree(stored), changes.tree());
        var wanted = read(new Fields(merged, "", patch.violations()).only(PATCHED), stored.kind());
        patch.violations().throwIfAny();
        return wanted;
    }

    private static ObjectNode tree(Subscription stored) {
        var tree = JsonNodeFactory.instance.objectNode().put("name", stored.name());
        var filter = stored.filter();
        put(tree, "types", filter.types());
        put(tree, "subjects", filter.subjects());
        put(tree, "locations", filter.locations());
        put(tree, "changed", filter.changed());
        put(tree, "excludeActors", filter.excludeActors());
        tree.set("delivery", JsonText.object(stored.delivery()));
        return tree;
    }

    private static void put(ObjectNode tree, String name, @Nullable List<String> texts) {
        if (texts != null) {
            var array = tree.putArray(name);
            texts.forEach(array::add);
        }
    }

    private SubscriptionTable.Wanted read(Fields fields, @Nullable String kind) {
        var name = fields.requiredText(
                "name",
                NAME_LENGTH,
                text -> NAME.matcher(text).matches(),
                "pattern",
                "Must be 1 to 64 letters, digits, dots, hyphens and underscores, a letter or digit first.");
        var filter = new SubscriptionFilter(
                types(fields),
                names(fields, "subjects", MOST_SUBJECTS),
                names(fields, "locations", MOST_NAMES),
                changed(fields),
                some(fields, "excludeActors", MOST_NAMES, ACTOR_LENGTH));
        var delivery = fields.requiredObject("delivery");
        var wantedKind = delivery(delivery, fields.has("delivery"), kind);
        return new SubscriptionTable.Wanted(name, filter, wantedKind.name, wantedKind.delivery);
    }

    private record Delivery(String name, String delivery) {}

    private Delivery delivery(Fields fields, boolean isGiven, @Nullable String stored) {
        var names = kinds.keySet().stream().sorted().toList();
        var name = fields.requiredText(
                "kind", 16, kinds::containsKey, "unknown", "Must be " + String.join(" or ", names) + ".");
        var kind = kinds.get(name);
        if (!isGiven || kind == null) {
            return new Delivery(name, "{}");
        }
        if (stored != null && !stored.equals(name)) {
            fields.violation("kind", "read-only", "A subscription keeps its kind; make another one.");
        }
        return new Delivery(name, JsonText.of(kind.read(fields)));
    }

    private static List<String> types(Fields fields) {
        if (!fields.has("types")) {
            fields.violation("types", "required", "Must be given.");
            return List.of("*");
        }
        int before = fields.violations().list().size();
        var types = fields.distinctTexts("types", MOST_TYPES, TYPE_LENGTH);
        var unknown = types.stream()
                .filter(topic ->
                        SubscriptionFilter.FEED.stream().noneMatch(type -> SubscriptionFilter.names(topic, type)))
                .toList();
        if (!unknown.isEmpty()) {
            fields.violation(
                    "types",
                    "unknown",
                    "No event of the feed is called " + String.join(", ", unknown)
                            + ". Give such as inventory.updated, product.* or *.");
        } else if (types.isEmpty() && fields.violations().list().size() == before) {
            fields.violation("types", "too-few", "Must have at least one type.");
        }
        return types;
    }

    private static @Nullable List<String> names(Fields fields, String field, int most) {
        var names = some(fields, field, most, PathName.MAX_LENGTH);
        if (names != null) {
            names.stream()
                    .map(PathName::fault)
                    .filter(fault -> fault != null)
                    .forEach(fault -> fields.violation(field, "pattern", fault));
        }
        return names;
    }

    private static @Nullable List<String> changed(Fields fields) {
        var changed = some(fields, "changed", MOST_TYPES, TYPE_LENGTH);
        if (changed != null && !PRODUCT_FIELDS.containsAll(changed)) {
            fields.violation(
                    "changed",
                    "unknown",
                    "Fields are " + PRODUCT_FIELDS.stream().sorted().collect(Collectors.joining(", ")) + ".");
        }
        return changed;
    }

    /** Null where it is absent; what is there must not be empty, which would match nothing. */
    private static @Nullable List<String> some(Fields fields, String field, int most, int length) {
        if (!fields.has(field) || fields.tree().path(field).isNull()) {
            return null;
        }
        int before = fields.violations().list().size();
        var texts = fields.distinctTexts(field, most, length);
        if (texts.isEmpty() && fields.violations().list().size() == before) {
            fields.violation(field, "too-few", "Must have at least one item; leave it out for all.");
        }
        return texts;
    }
}
