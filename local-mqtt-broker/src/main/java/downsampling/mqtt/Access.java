package downsampling.mqtt;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.hivemq.extension.sdk.api.ExtensionMain;
import com.hivemq.extension.sdk.api.auth.SimpleAuthenticator;
import com.hivemq.extension.sdk.api.auth.SubscriptionAuthorizer;
import com.hivemq.extension.sdk.api.packets.connect.ConnackReasonCode;
import com.hivemq.extension.sdk.api.packets.connect.ConnectPacket;
import com.hivemq.extension.sdk.api.packets.subscribe.SubackReasonCode;
import com.hivemq.extension.sdk.api.parameter.ExtensionStartInput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStartOutput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStopInput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStopOutput;
import com.hivemq.extension.sdk.api.services.Services;
import downsampling.mqtt.BrokerSettings.Login;
import java.util.List;
import java.util.Optional;

/** Who may connect, and what nobody may subscribe to. HiveMQ asks, on threads of its own. */
final class Access implements ExtensionMain {
    private final Optional<Login> login;
    private final List<String> forbidden;

    Access(Optional<Login> login, List<String> forbidden) {
        this.login = login;
        this.forbidden = forbidden;
    }

    @Override
    public void extensionStart(ExtensionStartInput input, ExtensionStartOutput output) {
        login.ifPresent(only -> {
            SimpleAuthenticator authenticator = (attempt, answer) -> {
                if (isOf(attempt.getConnectPacket(), only)) {
                    answer.authenticateSuccessfully();
                } else {
                    answer.failAuthentication(ConnackReasonCode.NOT_AUTHORIZED);
                }
            };
            Services.securityRegistry().setAuthenticatorProvider(provider -> authenticator);
        });
        SubscriptionAuthorizer authorizer = (attempt, answer) -> {
            if (forbidden.contains(attempt.getSubscription().getTopicFilter())) {
                answer.failAuthorization(SubackReasonCode.NOT_AUTHORIZED);
            } else {
                answer.authorizeSuccessfully();
            }
        };
        Services.securityRegistry().setAuthorizerProvider(provider -> authorizer);
    }

    private static boolean isOf(ConnectPacket packet, Login login) {
        return packet.getUserName().filter(login.user()::equals).isPresent()
                && packet.getPassword()
                        .filter(password -> UTF_8.decode(password).toString().equals(login.password()))
                        .isPresent();
    }

    @Override
    public void extensionStop(ExtensionStopInput input, ExtensionStopOutput output) {
        // There is nothing to release.
    }
}
