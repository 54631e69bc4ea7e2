/**
 * Subscriptions that are delivered to a topic of the Kafka cluster that the environment names.
 *
 * <p>Uses event, platform and subscription. Promises that events of a subject arrive in their order, that none counts as delivered before all
 * replicas in sync have it, that no attempt lasts longer than 15 s and no event loop waits for Kafka, and that nothing is connected to where
 * no cluster is named.
 */
package org.pmsevents.delivery.kafka;
