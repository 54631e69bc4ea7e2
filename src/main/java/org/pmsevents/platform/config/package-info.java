/**
 * How the addresses of PostgreSQL and Redis, and TLS to them, are read from the configuration, and what a setting may be.
 *
 * <p>Uses nothing of the project. Promises that one variable serves the reactive driver, JDBC and Flyway alike.
 */
package org.pmsevents.platform.config;
