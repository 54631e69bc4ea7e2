package org.pmsevents.platform.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;

@Pure
class JdbcUrlTest {
    @Test
    void addsWhatTheDriverWants() {
        assertThat(JdbcUrl.toJdbc("postgresql://db:5432/pms?sslmode=require"))
                .isEqualTo("jdbc:postgresql://db:5432/pms?sslmode=require");
        assertThat(JdbcUrl.toJdbc("vertx-reactive:postgres://db/pms")).isEqualTo("jdbc:postgresql://db/pms");
        assertThat(JdbcUrl.toJdbc("jdbc:postgresql://db/pms")).isEqualTo("jdbc:postgresql://db/pms");
    }

    @Test
    void movesUserAndPasswordToWhereTheDriverLooks() {
        assertThat(JdbcUrl.toJdbc("postgresql://us%40er:p%26+w@db:5432/pms?sslmode=require"))
                .isEqualTo("jdbc:postgresql://db:5432/pms?sslmode=require&user=us%40er&password=p%26%2Bw");
    }

    @Test
    void hasASlashAfterTheServerAsTheDriverWantsIt() {
        assertThat(JdbcUrl.toJdbc("postgresql://me:pw@db:5432?sslmode=require"))
                .isEqualTo("jdbc:postgresql://db:5432/?sslmode=require&user=me&password=pw");
        assertThat(JdbcUrl.toJdbc("postgresql://db")).isEqualTo("jdbc:postgresql://db/");
    }

    @Test
    void looksForThePrimaryOfSeveralServers() {
        assertThat(JdbcUrl.toJdbc("postgresql://me:pw@a:5432/pms, vertx-reactive:postgresql://me:pw@b/pms"))
                .isEqualTo("jdbc:postgresql://a:5432,b/pms?user=me&password=pw&targetServerType=primary");
        assertThat(JdbcUrl.toJdbc("jdbc:postgresql://a,b/pms?targetServerType=any"))
                .isEqualTo("jdbc:postgresql://a,b/pms?targetServerType=any");
    }

    @Test
    void leavesOtherUrlsToTheDriver() {
        assertThat(JdbcUrl.toJdbc("jdbc:h2:mem")).isEqualTo("jdbc:h2:mem");
    }
}
