package downsampling.broker;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.ClassTemplateInvocationContext;
import org.junit.jupiter.api.extension.ClassTemplateInvocationContextProvider;
import org.junit.jupiter.api.extension.Extension;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.StoreScope;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestInstanceFactoryContext;
import org.junit.jupiter.api.extension.TestInstancePreConstructCallback;

/** What {@link BrokerTest} stands for: the class runs once on each kind of broker. */
final class BrokerExtension implements ClassTemplateInvocationContextProvider {

    @Override
    public boolean supportsClassTemplate(ExtensionContext context) {
        return true;
    }

    @Override
    public Stream<OnBroker> provideClassTemplateInvocationContexts(ExtensionContext context) {
        return Stream.of(BrokerKind.values()).map(OnBroker::new);
    }

    /** A run of a class on one kind of broker, which starts when the first test asks for it. */
    private record OnBroker(BrokerKind kind)
            implements ClassTemplateInvocationContext, TestInstancePreConstructCallback, ParameterResolver {

        @Override
        public String getDisplayName(int invocationIndex) {
            return "on " + kind;
        }

        @Override
        public List<Extension> getAdditionalExtensions() {
            return List.of(this);
        }

        /** Skips each test by itself and not the class as a whole, so that the count of skipped tests is right. */
        @Override
        public void preConstructTestInstance(TestInstanceFactoryContext factory, ExtensionContext context) {
            kind.obstacle().ifPresent(Assumptions::abort);
        }

        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == Broker.class;
        }

        @Override
        public Broker resolveParameter(ParameterContext parameter, ExtensionContext context) {
            return context.getStore(StoreScope.LAUNCHER_SESSION, Namespace.create(BrokerExtension.class))
                    .computeIfAbsent(kind, BrokerKind::start, Broker.class);
        }
    }
}
