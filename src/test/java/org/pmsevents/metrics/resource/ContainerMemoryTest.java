package org.pmsevents.metrics.resource;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pmsevents.Pure;

@Pure
class ContainerMemoryTest {
    private static final long GIB = 1L << 30;

    @TempDir
    private Path root;

    private void file(String path, String text) throws IOException {
        Files.createDirectories(root.resolve(path).getParent());
        Files.writeString(root.resolve(path), text);
    }

    private ContainerMemory memory() {
        return new ContainerMemory(root);
    }

    @Test
    void inAContainerOfVersion2TheGroupIsTheRoot() throws IOException {
        file("proc/self/cgroup", "0::/\n");
        file("sys/fs/cgroup/memory.max", GIB + "\n");
        assertThat(memory().limit()).hasValue(GIB);
    }

    @Test
    void theLowestLimitOnTheWayUpCounts() throws IOException {
        file("proc/self/cgroup", "0::/kubepods/pod1/box\n");
        file("sys/fs/cgroup/kubepods/pod1/box/memory.max", "max\n");
        file("sys/fs/cgroup/kubepods/pod1/memory.max", GIB + "\n");
        file("sys/fs/cgroup/kubepods/memory.max", 4 * GIB + "\n");
        assertThat(memory().limit()).hasValue(GIB);
    }

    @Test
    void whereTheHostsPathIsNotToBeSeenTheRootOfTheContainerIs() throws IOException {
        file("proc/self/cgroup", "0::/docker/0123\n");
        file("sys/fs/cgroup/memory.max", GIB + "\n");
        assertThat(memory().limit()).hasValue(GIB);
    }

    @Test
    void version1HasAControllerOfItsOwn() throws IOException {
        file("proc/self/cgroup", "11:cpu,cpuacct:/docker/0123\n5:memory:/docker/0123\n");
        file("sys/fs/cgroup/memory/docker/0123/memory.limit_in_bytes", 2 * GIB + "\n");
        file("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        assertThat(memory().limit()).hasValue(2 * GIB);
    }

    @Test
    void noLimitIsNone() throws IOException {
        file("proc/self/cgroup", "0::/\n5:memory:/\n");
        file("sys/fs/cgroup/memory.max", "max\n");
        file("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        assertThat(memory().limit()).isEmpty();
    }

    @Test
    void whereThereAreNoSuchFilesNothingIsKnown() {
        assertThat(memory().limit()).isEmpty();
        assertThat(memory().used()).isEmpty();
    }

    @Test
    void aPathThatLeadsOutsideIsNotFollowed() throws IOException {
        file("proc/self/cgroup", "0::/../../../etc\n");
        file("sys/fs/cgroup/memory.max", GIB + "\n");
        assertThat(memory().limit()).hasValue(GIB);
    }

    @Test
    void whatIsResidentIsToldInBytes() throws IOException {
        file("proc/self/status", "Name:\tjava\nVmHWM:\t  300000 kB\nVmRSS:\t  262144 kB\nRssAnon:\t 1 kB\n");
        assertThat(memory().used()).hasValue(262_144L * 1_024);
    }
}
